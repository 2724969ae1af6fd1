#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: debug-lab.sh [--kernel SERIES] [--minutes N] [--cpus 1|2]
#                     [--threads single|multi] [--fault uaf|lock|none]
#
# Runs our KVM in the debugging kernel, which looks for memory that is used after it was freed,
# locks that can deadlock, and other mistakes, and judges the kernel's log: there must be no
# report in it, and all books must balance.
#
# First it runs the two mistakes of faults/, each of which the kernel must report and this
# script must find in the log: so it is known that neither is blind.  Then it loads KVM in an
# L1 with one CPU, and in one with two CPUs, for N minutes each.
#
# --kernel   the series of the kernel (default: 6.12)
# --minutes  the time of the load on each L1 (default: 3); the last round is always whole
# --cpus     only load this L1, without the planted mistakes
# --threads  multi: the two CPUs really run at the same time, which QEMU's emulator does not
#            always survive (README.md); single: they take turns (the default)
# --fault    only run this planted mistake; none: run none
#
# Exit status: 0; 1 if there was a report, a planted mistake was not found, or books did not
# balance; 3 if the lab failed; 64: wrong usage.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=lab/setup/kernels.sh
. "$LAB/setup/kernels.sh"
# shellcheck source=lab/debug/reports.sh
. "$LAB/debug/reports.sh"
DIE_STATUS=3

# The reports of the planted mistakes: their kind, and the function that they name.
declare -A FINDS=(
	[uaf]='BUG: KASAN: slab-use-after-free in kvm_exit_stats_destroy_vcpu'
	[lock]='WARNING: possible circular locking dependency detected'
)
declare -A NAMES=([uaf]=kvm_exit_stats_destroy_vcpu [lock]=kvm_exit_stats_get_mode)

parse_options() {
	KERNEL=6.12 MINUTES=3 CPUS='1 2' THREADS=single FAULTS='uaf lock'
	while (($#)); do
		(($# > 1)) || usage
		case $1 in
		--kernel) KERNEL=$2 ;;
		--minutes) MINUTES=$2 ;;
		--cpus) CPUS=$2 FAULTS='' ;;
		--threads) THREADS=$2 ;;
		--fault) FAULTS=$2 CPUS='' ;;
		*) usage ;;
		esac
		shift 2
	done
	[[ $MINUTES =~ ^[1-9][0-9]{0,3}$ ]] || usage
	[[ $THREADS =~ ^(single|multi)$ ]] || usage
	[[ $CPUS =~ ^(|1|2|1 2)$ && $FAULTS =~ ^(|uaf|lock|uaf lock|none)$ ]] || usage
	[[ $FAULTS != none ]] || FAULTS='' CPUS='1 2'
	check_series "$KERNEL"
	HEADERS=$BUILD/kernel/$KERNEL-debug/current
	MODULES=$BUILD/modules/$KERNEL-debug
	RESULTS=$BUILD/results/debug-$KERNEL
}

# boot NAME OPTION...: run a scenario in an L1 with the debugging kernel, and set BOOTED to its
# exit status, which is also 125 if the kernel has warned
boot() {
	local name=$1

	shift
	BOOTED=0
	"$LAB/machine/l1.sh" --kernel "$KERNEL-debug" --tcg --vendor amd --memory 3072 \
		--out "$RESULTS/$name" "$@" || BOOTED=$?
}

# log_of NAME: print the log of that L1's kernel: its console, if it did not end as it should
log_of() {
	if [[ -s $RESULTS/$1/dmesg.txt ]]; then
		printf '%s\n' "$RESULTS/$1/dmesg.txt"
	else
		printf '%s\n' "$BUILD/log/l1-$1.log"
	fi
}

# collect NAME: find the reports of that L1, in its log and of kmemleak; sets NR and LOG
collect() {
	local reports=$RESULTS/$1.reports

	LOG=$(log_of "$1")
	reports_in "$LOG" >"$reports"
	[[ ! -s $RESULTS/$1/kmemleak.txt ]] ||
		reports_in "$RESULTS/$1/kmemleak.txt" >>"$reports"
	NR=$(nr_reports "$reports")
}

# verdict TEXT CONDITION...: print a line; set STATUS if the condition is false
verdict() {
	local text=$1

	shift
	if "$@"; then
		printf '  ok     %s\n' "$text"
	else
		printf '  WRONG  %s\n' "$text"
		STATUS=1
	fi
}

# --- planted mistakes ---

build_fault() {
	"$TOP/kvm-instrumentation/build-modules.sh" --kernel "$KERNEL" \
		--source "$HEADERS/source" --headers "$HEADERS/build" \
		--fault "$LAB/debug/faults/$1.patch" --base "$MODULES/normal" \
		--out "$MODULES/fault-$1"
}

# shellcheck disable=SC2317 # verdict() calls it
found_fault() {
	grep -qF "${FINDS[$1]}" "$RESULTS/debug-fault-$1.reports" &&
		grep -qF "${NAMES[$1]}" "$RESULTS/debug-fault-$1.reports"
}

run_fault() {
	build_fault "$1"
	boot "debug-fault-$1" --modules "$MODULES/fault-$1" --timeout 600 \
		"$LAB/scenarios/debug-fault.sh" 2>"$RESULTS/debug-fault-$1.messages"
	collect "debug-fault-$1"
	verdict "planted mistake '$1': $(grep -m 1 -F "${FINDS[$1]}" \
		"$RESULTS/debug-fault-$1.reports" || echo 'not found')" found_fault "$1"
	sed -n '1,14p' "$RESULTS/debug-fault-$1.reports" | sed 's/^/    | /'
}

# The same without a mistake: the reports above are those of the mistakes.
run_control() {
	boot debug-control --modules "$MODULES/normal" --timeout 600 \
		"$LAB/scenarios/debug-fault.sh"
	judge control
}

# --- the load ---

# judge NAME: judge the log of an L1
judge() {
	local dir=$RESULTS/debug-$1 tainted=0 taint

	collect "debug-$1"
	[[ ! -s $dir/tainted ]] || tainted=$(<"$dir/tainted")
	taint=$(taints "$tainted")
	verdict "$1: L1 ended as it should (status $BOOTED)" test "$BOOTED" = 0
	verdict "$1: the whole log is here, $(wc -l <"$LOG") lines" is_whole "$LOG"
	verdict "$1: $NR reports in it" test "$NR" = 0
	verdict "$1: the kernel is not tainted by one${taint:+ ($taint)}" test -z "$taint"
	((NR == 0)) || head -n 60 "$RESULTS/debug-$1.reports" | sed 's/^/    | /'
}

run_load() {
	local dir=$RESULTS/debug-cpus-$1

	boot "debug-cpus-$1" --modules "$MODULES/normal" --cpus "$1" \
		--tcg-threads "$THREADS" --timeout $((MINUTES * 60 + 3600)) \
		"$LAB/scenarios/debug-load.sh" MINUTES="$MINUTES"
	printf '\n%s CPU%s, for %s s, %s rounds\n' "$1" "$( (($1 == 1)) || echo s)" \
		"$(cat "$dir/seconds" 2>/dev/null || echo '?')" \
		"$(cat "$dir/rounds" 2>/dev/null || echo '?')"
	judge "cpus-$1"
	[[ ! -s $dir/steps.txt ]] || {
		verdict "cpus-$1: $(awk '/BALANCED/ { nr++ } END { print nr + 0 }' \
			"$dir/steps.txt") comparisons BALANCED" \
			grep -q BALANCED "$dir/steps.txt"
		verdict "cpus-$1: $(awk '/WRONG: / { nr++ } END { print nr + 0 }' \
			"$dir/steps.txt") steps went wrong" \
			test -z "$(sed -n '/WRONG: /p' "$dir/steps.txt")"
		grep 'WRONG: ' "$dir/steps.txt" | sed 's/^/    | /' || true
	}
}

main() {
	local cpus fault status=0

	parse_options "$@"
	"$LAB/setup/deps.sh" build demo debug
	lock
	step 'build the programs' programs make -s -C "$TOP" BUILD="$BUILD" programs
	"$LAB/debug/build-kernel.sh" "$KERNEL" || status=$?
	((status == 0)) || die "there is no debugging kernel (status $status)"
	unlock
	mkdir -p "$RESULTS"
	STATUS=0
	for fault in $FAULTS; do
		run_fault "$fault"
	done
	[[ -z $FAULTS ]] || run_control
	for cpus in $CPUS; do
		run_load "$cpus"
	done
	printf '\nresults: %s\n' "$(rel "$RESULTS")"
	exit "$STATUS"
}

main "$@"
