#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests the guest's programs where no counters can be read, or no guest can run.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

exitleaf=${BUILD:-build}/guest/exitleaf
microguest=${BUILD:-build}/guest/microguest

for program in "$exitleaf" "$microguest"; do
	name=$(basename "$program")
	run "$program" --help
	ok "$name --help" status_is 0
	run "$program" --version
	ok "$name --version" out_has "$name "
	run "$program" --no-such-option
	ok "$name: an unknown option" status_is 64
	run ldd "$program"
	ok "$name is static" grep -qE 'not a dynamic executable|statically linked' \
		"$tap_dir/err" "$tap_dir/out"
done

# refused WHAT SAID OPTION...: check that exitleaf refuses these options, and explains
# this in one line that has the text SAID; WHAT is the test's name
refused() {
	local what=$1 said=$2
	shift 2
	run "$exitleaf" "$@"
	ok "exitleaf, $what: wrong usage" status_is 64
	ok "exitleaf, $what: one line" one_err_line
	ok "exitleaf, $what: what is wrong" err_has "$said"
}
refused 'no interval' "not '0'" --watch=0
refused 'no number' "not '1x'" --watch=1x
refused 'an empty mark' '1 to 63 bytes' --mark ''
refused 'a long mark' '1 to 63 bytes' --mark "$(printf %064d 0)"
refused 'a mark of two lines' 'one line of UTF-8' --mark $'a\nb'
refused 'a mark of other bytes' 'one line of UTF-8' --mark $'caf\xe9'
refused 'two jobs' 'exclude each other' --watch -- true
refused 'symbols and a mark' 'exclude each other' --symbols --mark x
refused 'symbols as JSON' '--symbols has no JSON' --symbols --json
refused 'a mark as JSON' 'has no JSON' --mark x --json
run "$exitleaf" --help
ok 'exitleaf --help: in 80 columns' fits_80
mapfile -t options < <(grep -oE -- '--[a-z]+' <<<"$out" | sort -u)
for option in "${options[@]}"; do
	case $option in --help | --usage | --version) continue ;; esac
	ok "the manual page has $option" \
		grep -qE -- "^-.( [A-Z]+)?, $option" docs/exitleaf.1.rst
done
run "$microguest" jump=3
ok 'microguest: no such work' status_is 64
run "$microguest" cpuid=many
ok 'microguest: no number' status_is 64
run "$microguest" cpuid=-3
ok 'microguest: a negative number' status_is 64
run "$microguest" --vcpus 0
ok 'microguest --vcpus 0' status_is 64

# Without our patches, there are no leaves, neither on hardware nor in a VM.
run "$exitleaf"
if [ "$status" -eq 0 ]; then
	skip 'no leaves' 'a machine whose hypervisor has no exit counters'
else
	ok 'no leaves: status' status_is 2
	ok 'no leaves: one line' one_err_line
	ok 'no leaves: nothing on standard output' [ -z "$out" ]
	run "$exitleaf" --watch
	ok 'no leaves, watching: status' status_is 2
	mkdir "$tap_dir/kept"
	echo precious >"$tap_dir/kept/report"
	ln -s kept/report "$tap_dir/link"
	for option in --json --watch; do
		run "$exitleaf" -o "$tap_dir/kept/report" "$option"
		ok "no leaves, $option into a file: status" status_is 2
	done
	run "$exitleaf" -o "$tap_dir/link" -- true
	ok 'no leaves, into a file: nothing else is there' \
		[ "$(ls "$tap_dir/kept")" = report ]
	ok 'no leaves, into a file: it is as it was' \
		[ "$(cat "$tap_dir/kept/report")" = precious ]
	run "$exitleaf" -o "$tap_dir/report" -- touch "$tap_dir/touched"
	ok 'no leaves, a command: status' status_is 125
	ok 'no leaves, a command: one line' one_err_line
	ok 'no leaves, a command: it was not run' [ ! -e "$tap_dir/touched" ]
fi

run "$exitleaf" -o "$tap_dir/no/file" -- true
ok 'a file that cannot be written: status' status_is 125
ok 'a file that cannot be written: said' err_has 'No such file'
# A mark does no harm where there are no counters, or where no host sees it.
run "$exitleaf" --mark 'a mark'
if grep -q '^flags.* hypervisor' /proc/cpuinfo; then
	ok 'a mark: status' status_is 0
	ok 'a mark: said' out_has "marked 'a mark'"
	echo before >"$tap_dir/mark"
	chmod 640 "$tap_dir/mark"
	run "$exitleaf" --mark x -o "$tap_dir/mark"
	ok 'a mark, into a file: instead of what was there' \
		[ "$(stat -c %a "$tap_dir/mark") $(<"$tap_dir/mark")" = "640 marked 'x'" ]
	run "$exitleaf" --mark x -o /dev/stdout
	ok 'a mark, into a device' out_has "marked 'x'"
	status=0
	"$exitleaf" --mark x >/dev/full 2>"$tap_dir/err" || status=$?
	ok 'a mark: standard output is full: status' status_is 3
	ok 'a mark: standard output is full: said' one_err_line
else
	ok 'no virtual machine: status' status_is 2
	ok 'no virtual machine: said' err_has 'no virtual machine'
fi

# The kernel's symbols need no counters either, but root.
run "$exitleaf" --symbols -o "$tap_dir/symbols"
if [ "$(id -u)" = 0 ] && grep -qv '^0* ' /proc/kallsyms; then
	ok 'symbols: status' status_is 0
	ok 'symbols: those of the kernel' \
		[ "$(grep -v '\[' "$tap_dir/symbols" | md5sum)" = "$(grep -v '\[' \
			/proc/kallsyms | md5sum)" ]
	echo before >"$tap_dir/symbols"
	chmod 777 "$tap_dir"
	run setpriv --reuid 65534 --clear-groups "$exitleaf" --symbols -o "$tap_dir/symbols"
else
	echo before >"$tap_dir/symbols"
	run "$exitleaf" --symbols -o "$tap_dir/symbols"
fi
ok 'symbols, hidden: status' status_is 3
ok 'symbols, hidden: one line' one_err_line
ok 'symbols, hidden: what to do' err_has 'as root'
ok 'symbols, hidden: the file stays as it was' [ "$(<"$tap_dir/symbols")" = before ]
status=0
"$exitleaf" --symbols >/dev/full 2>"$tap_dir/err" || status=$?
ok 'symbols: standard output is full: status' status_is 3

# without_dev COMMAND...: run COMMAND with an empty /dev
without_dev() {
	# shellcheck disable=SC2016 # The inner shell expands $@.
	unshare --mount sh -c 'mount -t tmpfs none /dev && exec "$@"' - "$@"
}
if ! unshare --mount true 2>/dev/null; then
	skip 'no /dev/kvm' 'unshare --mount is not permitted'
else
	run without_dev "$microguest" cpuid=1
	ok 'no /dev/kvm: status' status_is 3
	ok 'no /dev/kvm: one line' one_err_line
	ok 'no /dev/kvm: named' err_has /dev/kvm
fi

done_testing
