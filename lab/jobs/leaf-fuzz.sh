#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: leaf-fuzz.sh [--vendor amd|intel] [--kernel SERIES] [VALUES]
#
# A guest reads the five leaves with VALUES (100000) values of ECX each, among them the
# edges of tables, and checks every answer.  The neighbouring leaves must have the same
# answers as without our modules, and so must the five leaves if guests may not read them.
#
# Exit status: 0; 1 if an answer was wrong or L1's kernel said anything; 3 if the
# lab failed.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=lab/setup/kernels.sh
. "$LAB/setup/kernels.sh"
DIE_STATUS=3

parse_options() {
	VENDOR=amd KERNEL=$(default_series)
	while [[ ${1:-} == -* ]]; do
		(($# > 1)) || usage
		case $1 in
		--vendor) VENDOR=$2 ;;
		--kernel) KERNEL=$2 ;;
		*) usage ;;
		esac
		shift 2
	done
	VALUES=${1:-100000}
	[[ $VALUES =~ ^[1-9][0-9]*$ ]] || usage
	RESULTS=$BUILD/results/$VENDOR-$KERNEL-leaf-fuzz
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

# Print the answers of all leaves except for our five, from a list of all answers.
others() { grep -v '^4ffffff[b-f] ' "$RESULTS/$1"; }
# shellcheck disable=SC2317 # verdict() calls it
same_others() {
	(($(nr_others) > 0)) && cmp -s <(others "$1") <(others "$2")
}
nr_others() { others patched.txt | wc -l; }

# Ignore what is not about the leaves: that a timer's interrupt took long, on a slow machine;
# that the TSC has been calibrated, which takes until two seconds after the boot; and what KVM
# says of a VM's TSC that is slower than the one calibrated meanwhile.
# shellcheck disable=SC2317 # verdict() calls it
said_nothing() {
	! grep -qvE -e 'hrtimer: interrupt took [0-9]* ns$' -e '\] (tsc|clocksource): ' \
		-e '\] user requested TSC rate below hardware speed$' \
		"$RESULTS/dmesg-fuzz.txt"
}

main() {
	local status=0 deps=(build demo)

	parse_options "$@"
	[[ $VENDOR != intel ]] || deps+=(intel)
	"$LAB/setup/deps.sh" "${deps[@]}"
	lock
	"$LAB/setup/prepare.sh" "$KERNEL"
	unlock
	"$LAB/machine/l1.sh" --vendor "$VENDOR" --kernel "$KERNEL" --timeout 1800 \
		--out "$RESULTS" "$LAB/scenarios/leaf-fuzz.sh" \
		VALUES="$VALUES" || status=$?
	((status == 0)) || die "the scenario failed with status $status"
	STATUS=0
	printf '\nLinux %s, %s\n' "$KERNEL" "$VENDOR"
	sed 's/^/  /' "$RESULTS/fuzz.txt"
	verdict "every answer is as defined" grep -qx 0 "$RESULTS/fuzz.status"
	verdict "L1's kernel said nothing meanwhile" said_nothing
	verdict "$(nr_others) answers of other leaves are those of stock modules" \
		same_others patched.txt stock.txt
	verdict "with exit_stats_leaves=0, so are those of the five" \
		cmp -s "$RESULTS/leaves-off.txt" "$RESULTS/stock.txt"
	exit "$STATUS"
}

main "$@"
