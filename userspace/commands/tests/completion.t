#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Completion: the words that the programs offer, and how bash, zsh and fish use them.
set -euo pipefail
cd "$(dirname "$0")/../../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

build=$(realpath "${BUILD:-build}")
exitledger=$build/bin/exitledger
export PATH=$build/bin:$build/guest:$PATH

# offered WORD...: list the offered words in $out, each with spaces around it
offered() {
	run "$exitledger" --complete "$@"
	out=" $(sed 's/\t.*//; s/$/ /; s/^/ /' "$tap_dir/out" | tr '\n' ' ')"
}

offered ''
ok 'commands' out_has ' monitor '
ok 'and what they do' grep -q $'^doctor\tsay what this host' "$tap_dir/out"
offered mo
ok 'those that begin so' [ "$out" = '  words   monitor  ' ]
offered nonsense --x ''
ok 'of a command that is none' status_is 64

# Completion offers the options that --help lists, as both use the same tables.
commands=$("$exitledger" --help | sed -n 's/^  \([a-z]*\) .*/\1/p')
for command in $commands; do
	run "$exitledger" "$command" --help
	mapfile -t options < <(grep -oE '^ +(-., )?--[a-z-]+' <<<"$out" |
		grep -oE -- '--[a-z-]+' | sort -u)
	offered "$command" --
	missing=''
	for option in "${options[@]}"; do
		out_has " $option " || missing+=" $option"
	done
	ok "$command: all of its ${#options[@]} options are offered" \
		[ "${#options[@]}" -ge 2 -a -z "$missing" ]
	unknown=''
	for option in "${options[@]}"; do
		run "$exitledger" --complete "$command" "$option" ''
		status_is 0 || unknown+=" $option"
	done
	run "$exitledger" --complete "$command" ''
	status_is 0 || unknown+=" argument"
	ok "$command: it is known what their arguments may be" [ -z "$unknown" ]
done

offered monitor --by ''
ok '--by: all keys' [ "$out" = \
	'  words   port   mmio   msr   hypercall   cpuid   rip  ' ]
offered monitor --by=m
ok '--by=m: the option stays' [ "$out" = '  words   --by=mmio   --by=msr  ' ]
offered monitor --columns exits,me
ok 'a list: what was typed stays' [ "$out" = '  more   exits,mean  ' ]
offered replay --reason io
ok 'reasons of both kinds of processors, in lower case' \
	[ "$out" = '  words   ioio   io_smi   io_instruction  ' ]
offered compare --attach ''
ok 'compare cannot be attached by tp' out_lacks ' tp '
offered monitor --attach ''
ok 'monitor can' out_has ' tp '
offered monitor --user nob
ok '--user: users' out_has ' nobody '
offered bench cpu
ok 'kinds of exits' out_has ' cpuid '
offered bench --compare old.json ''
ok 'bench --compare: files' out_has ' files '
offered bench --replay=x ''
ok 'bench --replay: further files' out_has ' files '
offered report a ''
ok 'two runs' out_has ' files '
offered record -o x -- qemu -
ok 'a command has options of its own' out_has ' command 3 '
offered record --interval ''
ok 'a time: nothing to offer' [ "$out" = '  none  ' ]
offered monitor --nonsense=
ok 'no such option: nothing to offer' [ "$out" = '  none  ' ]
run "$build/guest/exitwork" --complete cp
ok 'exitwork: workloads' out_has $'words\ncpuid\t'
run "$build/guest/exitleaf" --complete --js
ok 'exitleaf: options' out_has $'words\n--json\t'

run "$exitledger" completion
ok 'which shell? that must be said' status_is 64
run "$exitledger" completion tcsh
ok 'a shell that there is no script for' status_is 64
ok 'in one line' one_err_line
run "$exitledger" completion bash microguest
ok 'a program that has no completion' status_is 64

# The owner of a VM chooses its name, which must never be run as a command.
mkdir "$tap_dir/hostile"
cat >"$tap_dir/hostile/exitledger" <<'END'
#!/bin/sh
printf 'words\n%s\tpid 1\n' '$(touch hacked);`touch hacked` '\''x'\''"'
END
chmod +x "$tap_dir/hostile/exitledger"

typed() { # SHELL LINE: complete the line in the shell
	if [[ $1 == fish ]]; then
		run fish --no-config -c "source $tap_dir/script.fish
			complete -C (string escape -n -- $(printf '%q' "$2") | string unescape)"
		out=$(cut -f1 <<<"$out" | paste -sd,)
		return
	fi
	run userspace/commands/tests/shells.py "$1" "$2" "$tap_dir/script.$1"
}

for shell in bash zsh fish; do
	"$exitledger" completion "$shell" >"$tap_dir/script.$shell"
	"$exitledger" completion "$shell" exitleaf >"$tap_dir/exitleaf"
	ok "$shell: the script for exitleaf names no other program" \
		[ "$(grep -c 'exitledger\|@PROGRAM@' "$tap_dir/exitleaf")" = 0 ]
	if [[ -z $(type -P "$shell") ]]; then
		skip "$shell: all of it" "the shell $shell"
		continue
	fi
	run "$shell" -n "$tap_dir/script.$shell"
	ok "$shell: the script is one" status_is 0
	before='exitledger monitor ' space=' '
	[[ $shell != fish ]] || before='' space=''
	typed "$shell" 'exitledger moni'
	ok "$shell: a command" [ "$out" = "${before% monitor *}${before:+ }monitor$space" ]
	typed "$shell" 'exitledger monitor --slow'
	ok "$shell: an option" [ "$out" = "$before--slower-than$space" ]
	typed "$shell" 'exitledger monitor --by=ms'
	ok "$shell: a value behind =" [ "$out" = "$before--by=msr$space" ]
	typed "$shell" 'exitledger monitor --columns exits,mea'
	[[ $shell == fish ]] && text=exits,mean || text="$before--columns exits,mean"
	ok "$shell: an item of a list, with no space behind it" [ "$out" = "$text" ]
	typed "$shell" 'exitledger report CHANGE'
	[[ $shell == fish ]] && text=CHANGELOG.md || text='exitledger report CHANGELOG.md '
	ok "$shell: a file" [ "$out" = "$text" ]
	typed "$shell" 'exitledger report --output=CHANGE'
	[[ $shell == fish ]] && text=--output=CHANGELOG.md ||
		text='exitledger report --output=CHANGELOG.md '
	ok "$shell: a file behind =" [ "$out" = "$text" ]
	typed "$shell" 'exitledger monitor -- unam'
	ok "$shell: a command of its own" out_has 'uname'
	[[ $shell != fish ]] || continue
	PATH=$tap_dir/hostile:$PATH typed "$shell" 'exitledger monitor --vm '
	# shellcheck disable=SC2016 # names that must not be expanded
	name=$(bash -c "set -- ${out#exitledger monitor --vm }; printf %s \"\$1\"")
	# shellcheck disable=SC2016
	ok "$shell: a hostile name is quoted" \
		[ "$name" = '$(touch hacked);`touch hacked` '\''x'\''"' ]
	ok "$shell: and not run" [ ! -e hacked ]
done

done_testing
