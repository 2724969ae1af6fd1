#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The README's commands do what the README says.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

build=${BUILD:-build}
results=$build/results/t-readme

# commands FILE: print a page's indented lines, which are commands for the reader
commands() { sed -n 's/^    \([^ #].*\)/\1/p' "$1"; }
# shape: remove from an output everything that differs between runs and kernels
shape() {
	sed -E 's/[0-9][0-9,.]*( [mun]?s\b)?/0/g; s/ +/ /g; s/\+deb0//; s/0-0-amd0/0-amd0/
		s/(kvm_amd,).*/\1/; s/tp_btf|raw_tp/ATTACH/'
}
line_of() { grep -m 1 "^$1" "$2" | shape; }

in_l1=()
# shellcheck disable=SC2016 # These are the commands as the README has them.
while read -r command; do
	case $command in
	'make demo' | exitleaf | make | 'sudo make install') ;; # tested below
	'make deps CLASSES='*)
		class=${command##*=}
		ok "a class of packages of lab/setup/packages.txt: $class" \
			grep -qP "^\\S+\\t+(\\S+,)?${class}[,\\t]" lab/setup/packages.txt
		;;
	'sudo make deb SUITE=trixie')
		ok 'make deb builds for one SUITE' grep -qxF \
			$'\t@packaging/deb.sh build $(VERSION) $(SUITE)' packaging/packages.mk
		ok 'the packages go to build/deb/SUITE' \
			grep -qF 'local out=$BUILD/deb/$SUITE ' packaging/deb.sh
		;;
	'sudo apt install ./build/deb/trixie/exitledger_*.deb')
		ok 'make deb-check installs the package' \
			grep -q 'apt_get install "/packages/exitledger_' packaging/deb.sh
		;;
	*'apt install linux-headers-$(uname -r) linux-source-'*)
		ok 'what to install is what is asked for' \
			grep -q '^hint="apt install linux-headers-$KREL linux-source-$KSERIES"' \
			kvm-instrumentation/tests/install.t
		;;
	*'make -C kvm-instrumentation '*)
		ok "a test runs '$command'" grep -qE \
			"^kvm_make( -j2)? ${command##*kvm-instrumentation }\$" \
			kvm-instrumentation/tests/install.t
		;;
	'make check') # this test is part of it
		ok "$command is what CI runs" grep -q "'$command'" .ci/run
		;;
	'sudo exitledger '*) in_l1+=("${command#sudo }") ;;
	*) ok "a test runs '$command'" false ;;
	esac
done < <(commands README.md)

# The programs of "make" exist already; "sudo make install" puts them into PATH.
run make -s install DESTDIR="$tap_dir/root"
ok 'make install' status_is 0
ok 'what it has installed runs' "$tap_dir/root/usr/local/bin/exitledger" --version

run make -s demo
ok 'make demo: balanced' status_is 0
ok 'make demo: nothing on stderr' no_err
ok 'make demo: its last lines fit 80 columns' \
	[ -z "$(sed -n '/^A guest/,$s/.\{81,\}/&/p' "$tap_dir/out")" ]
cp "$tap_dir/out" "$tap_dir/demo"
for start in host books VM 'EXIT REASON' '0x072 CPUID' total time verdict; do
	ok "the picture is what make demo shows: $start" [ \
		"$(line_of "$start" README.md)" = \
		"$(sed -n '/^A Linux/,$p' "$tap_dir/demo" >"$tap_dir/linux"
		line_of "$start" "$tap_dir/linux")" ]
done
ok 'exitleaf: the table of the Linux guest' grep -q '0x072 CPUID' \
	"$build/results/$(lab/setup/series.sh default)-demo/l2-console.txt"

# The commands for real hardware run in L1, each for ten seconds; then SIGINT ends them as
# Ctrl-C would.  A VMM stands for COMMAND, and bench measures a single lap.
{
	printf '#!/bin/sh\n# needs: exitledger guest\ncd /results\n'
	for i in "${!in_l1[@]}"; do
		command=${in_l1[i]/COMMAND/microguest --report report.json cpuid=10}
		limit=10
		[[ $command != *bench ]] || limit=60
		command=${command/%bench/bench --rounds 1 --laps 1 --config kernel_count cpuid}
		# Without any guest beside it, compare can say nothing.
		[[ $command != *compare* ]] ||
			echo 'microguest --laps 4096 cpuid=1000 >guest.txt 2>&1 &'
		printf 'timeout -s INT %d %s >%d.txt 2>&1\necho $? >%d.status\n' \
			"$limit" "$command" "$i" "$i"
		[[ $command != *compare* ]] || echo "kill \$!"
	done
} >"$tap_dir/scenario"
run lab/machine/l1.sh --out "$results" "$tap_dir/scenario"
ok 'the scenario ran to its end' status_is 0
ok 'there are commands for real hardware' [ "${#in_l1[@]}" -ge 2 ]
for i in "${!in_l1[@]}"; do
	ok "${in_l1[i]}" grep -qx '0\|124' "$results/$i.status"
	ok "${in_l1[i]}: says no error" [ -z "$(grep '^exitledger: ' "$results/$i.txt" |
		grep -v '^exitledger: counting since ')" ]
done

done_testing
