#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# make install and make uninstall: the files that are installed, the hardening of the
# programs, and the version, which must be the same everywhere.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

build=${BUILD:-build}
root=$tap_dir/root
version=$(sed -n 's/^VERSION := //p' Makefile)

install_to() { # TARGET...
	run make -s BUILD="$build" DESTDIR="$root" PREFIX=/usr "$@"
}
# The files below $root/usr, a line each.
files() { (cd "$root/usr" && find . ! -type d | sed 's,^\./,,' | LC_ALL=C sort); }

install_to install
ok 'make install' status_is 0
ok 'says nothing' [ -z "$out$err" ]
wanted() {
	local program page

	for program in exitledger exitleaf exitwork; do
		echo "bin/$program"
		echo "share/bash-completion/completions/$program"
		echo "share/zsh/site-functions/_$program"
		echo "share/fish/vendor_completions.d/$program.fish"
	done
	echo bin/exitledger-export
	for page in docs/*.rst; do
		page=$(basename "$page" .rst)
		echo "share/man/man${page##*.}/$page"
	done
	printf 'share/doc/exitledger/%s\n' CHANGELOG.md README.md \
		LICENSES/{BSD-2-Clause,GPL-2.0-only,Linux-syscall-note,MIT}.txt
	printf 'share/exitledger/%s\n' exitledger-monitor.schema.json \
		prometheus/{rules,alerts}.yml dashboards/{grafana,perses}.json
	printf 'lib/%s\n' systemd/system/exitledger-export.{service,socket} \
		sysusers.d/exitledger.conf
}
wanted=$(wanted)
out=$(diff <(LC_ALL=C sort <<<"$wanted") <(files) || true)
ok 'these files, and no others' [ -z "$out" ]
ok 'programs can be run' [ -z "$(find "$root/usr/bin" -type f ! -perm 755)" ]
ok 'all other files can be read' \
	[ -z "$(find "$root/usr/share" "$root/usr/lib" -type f ! -perm 644)" ]
out=$(grep -rl '@[A-Z]*@' "$root/usr/share" "$root/usr/lib" || true)
ok 'nothing is left to be filled in' [ -z "$out" ]
for name in completions/exitledger site-functions/_exitledger \
	vendor_completions.d/exitledger.fish; do
	shell=${name##*[./_]}
	case $name in completions*) shell=bash ;; site*) shell=zsh ;; esac
	run "$root/usr/bin/exitledger" completion "$shell"
	ok "the script for $shell is that of the program" \
		cmp -s "$tap_dir/out" "$(find "$root" -path "*/$name")"
done

# Packages must have the same bytes, whatever folder they are built in.
out=$(grep -rlaF "$PWD/" "$root" || true)
ok 'nothing names the folder in which it was built' [ -z "$out" ]

# --- one version ---

for program in exitledger exitledger-export exitleaf exitwork; do
	run "$root/usr/bin/$program" --version
	ok "$program --version" [ "$out" = "$program $version" ]
	ok "$program is stripped" \
		[ -z "$(readelf -SW "$root/usr/bin/$program" | grep -E '\.(symtab|debug_info)')" ]
done
out=$(grep -L "^\.TH .* \"exitledger $version\"" "$root"/usr/share/man/man*/* || true)
ok 'all manual pages say it' [ -z "$out" ]
out=$(sed -n 's/^## \([^ ]*\).*/\1/p' CHANGELOG.md | head -n 1)
ok 'CHANGELOG.md begins with it' [ "$out" = "$version" ]
out=$(git grep -nF "EXITLEDGER_VERSION \"" -- '*.c' | grep -v '"unknown"' || true)
ok 'no source has a version of its own' [ -z "$out" ]
run make -s BUILD="$tap_dir/other" VERSION=9.9 "$tap_dir/other/man/exitleaf.1"
ok 'a manual page of another version' \
	grep -q '^\.TH "exitleaf" "1" "" "exitledger 9.9"' "$tap_dir/other/man/exitleaf.1"
run make -s BUILD="$tap_dir/none" RST2MAN=no-rst2man "$tap_dir/none/man/exitleaf.1"
ok 'without rst2man: refused' status_is 2
ok 'it says what to install' err_has 'apt install python3-docutils'

# --- one list of what is needed to build ---

# These come with build-essential, which every build of a package has.
out=$(awk '$2 == "build" { print $1 }' lab/setup/packages.txt |
	grep -vxE 'gcc|libc6-dev|linux-libc-dev|make' |
	while read -r package; do
		grep -qx " $package," debian/control || echo "$package"
	done)
ok 'the package is built with all that lab/setup/packages.txt names' [ -z "$out" ]

# --- libraries ---

# libraries PROGRAM: the libraries that it is linked with
libraries() { readelf -dW "$1" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | sort; }
out=$(libraries "$root/usr/bin/exitledger" | grep -E 'http|tls|crypt|yaml' || true)
ok "exitledger: none of a server's" [ -z "$out" ]
out=$(libraries "$root/usr/bin/exitledger-export")
ok "exitledger-export: a server's" out_has libmicrohttpd
ok 'exitledger-export: none of a terminal' out_lacks ncurses
run "$root/usr/bin/exitledger" export --help
ok 'exitledger export runs it' out_has '--listen=ADDRESS'
mv "$root/usr/bin/exitledger-export" "$tap_dir"
run "$root/usr/bin/exitledger" export
ok 'where it is not installed: 3' status_is 3
ok 'and in one line, which package has it' [ "$err" = \
	"exitledger: $root/usr/bin/exitledger-export is not there: 'exitledger export' is in the package exitledger-export" ]
mv "$tap_dir/exitledger-export" "$root/usr/bin"

# --- the exporter's unit ---

unit=$root/usr/lib/systemd/system/exitledger-export.service
out=$(grep '^ExecStart=' "$unit")
ok 'the unit runs the program where it is installed' \
	[ "$out" = "ExecStart=/usr/bin/exitledger-export \$ARGS" ]
if [ -n "$(type -P systemd-analyze)" ]; then
	# Let the unit name the installed program, which is not in this machine's /usr/bin.
	sed "s,=/usr/bin/,=$root/usr/bin/," "$unit" >"$tap_dir/exitledger-export.service"
	cp "$root/usr/lib/systemd/system/exitledger-export.socket" "$tap_dir"
	run systemd-analyze --man=no verify "$tap_dir"/exitledger-export.{service,socket}
	ok 'systemd finds no fault with the unit and the socket' [ "$status$out$err" = 0 ]
	out=$(systemd-analyze security --offline=yes "$tap_dir/exitledger-export.service" |
		sed -n 's/.*exposure level for .*: \([0-9.]*\).*/\1/p')
	ok "its exposure is low: $out, at most 2.8" awk -v level="${out:-10}" 'BEGIN { exit level > 2.8 }'
	# expand NAME: a system call, or all of a set
	expand() {
		local name
		[[ $1 == @* ]] || { echo "$1"; return 0; }
		for name in $(systemd-analyze --no-pager syscall-filter "$1" |
			sed -n 's/^    \([@a-z]\)/\1/p'); do
			expand "$name"
		done
	}
	filtered() { # SED-EXPRESSION
		local name
		sed -n "$1" "$unit" | tr ' ' '\n' |
			while read -r name; do expand "$name"; done | sort -u
	}
	calls=" $(comm -23 <(filtered 's/^SystemCallFilter=\([^~]\)/\1/p') \
		<(filtered 's/^SystemCallFilter=~//p') | paste -sd' ') "
	# The calls to attach BPF, to give up all rights for good, and to serve.
	for name in bpf perf_event_open inotify_init1 capset setgroups setresgid setresuid \
		prctl seccomp bind listen accept4 epoll_create1 epoll_wait sendmsg; do
		ok "the unit's filter lets $name through" [ "${calls/ $name /}" != "$calls" ]
	done
	for name in sched_setscheduler setpriority ptrace mount; do
		ok "the unit's filter keeps $name out" [ "${calls/ $name /}" = "$calls" ]
	done
	run systemd-sysusers --dry-run --root="$tap_dir" \
		"$root/usr/lib/sysusers.d/exitledger.conf"
	ok 'systemd-sysusers takes the user' status_is 0
else
	skip 'the unit, by systemd' 'systemd-analyze (systemd)'
fi

# --- hardening ---

# elf FILE: the output of readelf about it, in $out
elf() { out=$(readelf -hldnW "$1" 2>/dev/null); }
crt=$(readelf -nW "$("${CC:-cc}" -print-file-name=Scrt1.o)")
for program in bin/exitledger bin/exitledger-export guest/exitleaf guest/exitwork; do
	elf "$root/usr/bin/${program##*/}"
	ok "$program: at any address (PIE)" out_has 'FLAGS_1) '
	ok "$program: is a PIE" grep -q 'FLAGS_1.*PIE' <<<"$out"
	ok "$program: what was relocated is read-only (RELRO)" out_has GNU_RELRO
	ok "$program: all symbols are bound at the start" grep -q 'FLAGS_1.*NOW' <<<"$out"
	ok "$program: no stack can be run" [ "$(grep -c 'GNU_STACK.* RW  ' <<<"$out")" = 1 ]
	ok "$program: nothing can be written and run" \
		[ "$(grep -c 'LOAD.* RWE ' <<<"$out")" = 0 ]
	symbols=$(nm "$build/$program" && nm -D "$build/$program" 2>/dev/null)
	for symbol in __stack_chk_fail __snprintf_chk; do
		ok "$program: $symbol" grep -q " $symbol" <<<"$symbols"
	done
	main=$(objdump -d --disassemble=main "$build/$program")
	ok "$program: jumps have targets (CET)" grep -q 'endbr64' <<<"$main"
	# The mark is there only if all linked objects have it.
	[[ $crt != *IBT* ]] || ok "$program: is marked so" out_has 'IBT, SHSTK'
done
# Look only at objects of existing sources: an earlier build may have left others.
out=$(git ls-files 'userspace/*.c' 'guest/*.c' | grep -v '/tests/\|/micro_' |
	while read -r source; do
		object=$build/obj/${source%.c}.o
		[ ! -e "$object" ] || readelf -nW "$object" |
			grep -q "IBT, SHSTK" || echo "$object"
	done)
ok 'all objects have CET' [ -z "$out" ]
flags=$(make -s -p -n BUILD="$build" help 2>/dev/null | sed -n 's/^HARDENING = //p')
level=2
if echo '__has_builtin(__builtin_dynamic_object_size)' | cc -E -P - | grep -q 1; then
	level=3
fi
out=$(cat "$build/flags")
ok "the C library's checks are as strict as this compiler has them" \
	out_has "-D_FORTIFY_SOURCE=$level"
ok 'large arrays on the stack are touched page by page' out_has -fstack-clash-protection
ok 'HARDENING= turns it off' [ -n "$flags" ]

# --- test tools, and uninstall ---

install_to install-test-tools
ok 'make install-test-tools' [ -x "$root/usr/bin/microguest" -a \
	-x "$root/usr/bin/leaffuzz" ]
install_to install
ok 'installed once more' status_is 0
touch "$root/usr/share/zsh/site-functions/_other"
install_to uninstall
ok 'make uninstall' status_is 0
out=$(files)
ok "nothing but another program's file is left" \
	[ "$out" = share/zsh/site-functions/_other ]
out=$(find "$root" -name '*exitledger*' -o -name LICENSES)
ok 'and no folder of ours' [ -z "$out" ]
install_to uninstall
ok 'once more: nothing to do' status_is 0

done_testing
