#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: selftests.sh [--kernel SERIES] [--modules DIR] [--set KVM.PARAMETER=VALUE]
#                     [--name NAME] [TEST...]
#
# Runs the kernel's own KVM selftests in L1, for at most 60 seconds each, with
# Debian's KVM modules and with the patched ones.  Each test must end in the same way
# with both.  Only exit_stats_test, which the patches add, is skipped without them.
# A test that runs out of time with only one kind of modules is run again, with three
# times as much time.
#
# TEST      a test's name, such as exit_stats_test (default: all tests)
# --kernel  a series of lab/kernels (default: this distribution's own)
# --modules the folder of the patched modules (default: build/modules/SERIES/normal)
# --set     a parameter of the patched modules
# --name    the name of the results: build/results/NAME-stock, NAME-patched, and the
#           table NAME.txt (default: selftests)
#
# lab/kernels/SERIES/kvm-selftests.txt has the expected results; differences are shown.
# Exit status: 0 if all results are the same with both, 1 if not, 125 if the lab failed.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=lab/setup/kernels.sh
. "$LAB/setup/kernels.sh"
LIMIT=60

parse_options() {
	SERIES=$(default_series) MODULES='' SET='' NAME=selftests
	while [[ ${1:-} == -* ]]; do
		(($# > 1)) || usage
		case $1 in
		--kernel) SERIES=$2 ;;
		--modules) MODULES=$2 ;;
		--set) SET=$2 ;;
		--name) NAME=$2 ;;
		*) usage ;;
		esac
		shift 2
	done
	TESTS=("$@")
	TABLE=$BUILD/results/$NAME.txt
	check_series "$SERIES"
	EXPECTED=$LAB/kernels/$SERIES/kvm-selftests.txt
}

# Set TESTS to the paths of these tests, or of all tests if none are named.
choose_tests() {
	local list=$BUILD/selftests/$SERIES/list test path

	TESTS=()
	for test; do
		path=$(grep -E "(^|/)${test##*/}\$" "$list") ||
			die "there is no test '$test'; see $(rel "$list")"
		TESTS+=("$path")
	done
	((${#TESTS[@]})) || mapfile -t TESTS <"$list"
}

# Run TESTS with both kinds of modules, for at most LIMIT seconds each; the results go to
# PREFIX-stock and PREFIX-patched.
run_both() { # LIMIT PREFIX
	local out=$BUILD/results/$2 scenario

	scenario=("$LAB/scenarios/selftests.sh" LIMIT="$1" TESTS="${TESTS[*]}")
	"$LAB/machine/l1.sh" --kernel "$SERIES" --memory 2048 \
		--timeout "$((120 + ${#TESTS[@]} * ($1 + 2)))" \
		--modules stock --out "$out-stock" "${scenario[@]}" --then \
		--modules "${MODULES:-$BUILD/modules/$SERIES/normal}" \
		--out "$out-patched" "${scenario[@]}" ${SET:+"$SET"}
}

# Print "NAME STOCK PATCHED" for each of TESTS; the results of a later PREFIX replace earlier
# ones.
join_results() { # PREFIX...
	awk '
	FILENAME == "-" { sub(/.*\//, ""); order[++nr] = $1; next }
	{ result[$1, FILENAME ~ /-stock\/[^\/]*$/] = $2 }
	END {
		for (i = 1; i <= nr; i++) {
			name = order[i]
			print name, (name, 1) in result ? result[name, 1] : "none",
				(name, 0) in result ? result[name, 0] : "none"
		}
	}' - "${@/%/-stock/results.txt}" "${@/%/-patched/results.txt}" \
		< <(printf '%s\n' "${TESTS[@]}")
}

# Writes the results of all tests to $1.
run_tests() {
	local again all=("${TESTS[@]}") prefix=$BUILD/results/$NAME

	rm -rf -- "$prefix-again"-{stock,patched}
	run_both "$LIMIT" "$NAME"
	join_results "$prefix" >"$1"
	mapfile -t again < <(awk '
		($2 == "timeout") != ($3 == "timeout") { print $1 }' "$1")
	((${#again[@]})) || return 0
	note "          once more, with more time: ${again[*]}"
	choose_tests "${again[@]}"
	run_both "$((3 * LIMIT))" "$NAME-again"
	TESTS=("${all[@]}")
	join_results "$prefix" "$prefix-again" >"$1"
}

# Prints the lines before the table in a file.
print_head() {
	cat <<-EOF2
	# SPDX-License-Identifier: GPL-2.0-only
	# Linux $SERIES ($KVERSION): its KVM selftests in the lab's L1, with Debian's
	# modules and with the patched ones, $LIMIT s each at most; written by
	# lab/jobs/selftests.sh on $(date -u +%F), which took $1 s.
	EOF2
}

# print_total RESULTS COLUMN WHOSE: print how many tests had each result
print_total() {
	awk -v column="$2" -v whose="$3" '
	{ count[$column]++ }
	END {
		line = sprintf("%-40s", NR " tests, " whose)
		n = split("pass skip fail timeout none", result)
		for (i = 1; i <= n; i++)
			if (result[i] in count)
				line = line "  " count[result[i]] " " result[i]
		print line
	}' "$1"
}

# print_differences RESULTS: show the differences between the two kinds of modules; fail if
# there are any
print_differences() {
	awk '
	$1 == "exit_stats_test" && $2 == "skip" && $3 == "pass" { next }
	$1 == "exit_stats_test" || $2 != $3 || $2 == "none" {
		print "DIFFERENT: " $1 ": " $2 " with Debian'\''s modules, " \
			$3 " with the patched ones"
		bad = 1
	}
	END { exit bad }' "$1"
}

# print_unexpected RESULTS: show the results that differ from the expected ones
print_unexpected() {
	[[ -r $EXPECTED ]] || {
		note "there is no $(rel "$EXPECTED") to compare with"
		return 0
	}
	awk -v name="$(rel "$EXPECTED")" '
	/^#/ { next }
	FNR == NR { stock[$1] = $2; patched[$1] = $3; next }
	!($1 in stock) {
		print "not in " name ": " $1
		next
	}
	$2 != stock[$1] || $3 != patched[$1] {
		print "not as in " name ": " $1 ": " $2 " " $3 \
			", there " stock[$1] " " patched[$1]
	}' "$EXPECTED" "$1"
}

main() {
	local start=$EPOCHREALTIME results status=0

	parse_options "$@"
	lock
	"$LAB/setup/kernel.sh" "$SERIES"
	[[ -n $MODULES ]] ||
		"$TOP/kvm-instrumentation/build-modules.sh" --kernel "$SERIES"
	"$LAB/jobs/build-selftests.sh" "$SERIES" "${TESTS[@]}"
	# shellcheck disable=SC1090
	. "$BUILD/kernel/$SERIES/current/kernel.env"
	choose_tests "${TESTS[@]}"
	unlock
	new_beside results "$TABLE"
	run_tests "$results/results"
	{
		print_head "$(since "$start")"
		cat -- "$results/results"
	} >"$results/table"
	mv -f -- "$results/table" "$TABLE"
	echo
	printf '%-40s  %-8s %s\n' test stock patched
	awk '{ printf "%-40s  %-8s %s\n", $1, $2, $3 }' "$results/results"
	echo
	print_total "$results/results" 2 "Debian's modules"
	print_total "$results/results" 3 "patched modules"
	print_unexpected "$results/results"
	print_differences "$results/results" || status=1
	note "$(since "$start") s in all; $(rel "$TABLE")"
	exit "$status"
}

main "$@"
