#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: check.sh [-j JOBS] TEST...
#
# Runs test programs that print TAP, several at a time, and checks the skipped tests: each
# skip must be one that expected-skips.txt lists for this machine.  Prints the tests that
# took longest; build/log/tests-times.txt has all of them.  The checks that failed are printed
# last, in lines that begin with "failed: ".

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=lab/setup/kernels.sh
. "$LAB/setup/kernels.sh"
EXPECTED=$LAB/checks/expected-skips.txt
PATCHES=$TOP/kvm-instrumentation/patches
REPEATED=$BUILD/log/lab-repeated.txt
REPEATED_MAX=4

# holds WORD: is this condition of expected-skips.txt true on this machine?
holds() {
	case $1 in
	always) return 0 ;;
	user) ((EUID != 0)) ;;
	debian-*) [[ $(debian_release) == "${1#debian-}" ]] ;;
	without-linux-*) [[ ! -d $BUILD/kernel/${1##*-} || (-d $PATCHES/${1##*-} && ! -d $BUILD/modules/${1##*-}) ]] ;;
	with-kvm) [[ -d /sys/module/kvm_amd || -d /sys/module/kvm_intel ]] ;;
	without-dev-kvm) [[ ! -r /dev/kvm || ! -w /dev/kvm ]] ;;
	*) die "$(rel "$EXPECTED"): '$1' is not known" ;;
	esac
}

# Print the patterns of the skips that are expected on this machine.
expected_here() {
	local when pattern

	while IFS=$'\t' read -r when pattern; do
		[[ -n $when && $when != '#'* ]] || continue
		if holds "$when"; then
			printf '%s\n' "$pattern"
		fi
	done <"$EXPECTED"
}

# skips DIR: print "TEST<TAB>REASON" for each skip in the tests' output
skips() {
	find "$1" -type f -exec awk -v dir="$1/" '
	/^(ok|1\.\.0).*# ?[Ss][Kk][Ii][Pp]/ {
		reason = $0
		sub(/.*# ?[Ss][Kk][Ii][Pp][^ ]* */, "", reason)
		if (reason == "")
			reason = "a reason that it does not say"
		print substr(FILENAME, length(dir) + 1) "\t" reason
	}' {} +
}

# Print the skips, and set UNEXPECTED to the number of unexpected ones.
judge_skips() { # DIR
	local all patterns unexpected nr

	UNEXPECTED=0
	all=$(skips "$1")
	nr=$(grep -c . <<<"$all") || true
	if ((nr == 0)); then
		note 'no test was skipped'
		return 0
	fi
	patterns=$(expected_here)
	# grep returns 1 if all skips are expected, and 2 if a pattern is invalid.
	unexpected=$(cut -f2 <<<"$all" |
		grep -vE -e "${patterns:-^$}") || (($? == 1))
	note "$nr tests were skipped:"
	sort <<<"$all" | uniq -c | sed -E 's/^ *([0-9]+) ([^\t]*)\t/    \1 of \2: /'
	if [[ -n $unexpected ]]; then
		sort -u <<<"$unexpected" | sed 's/^/unexpected skip: /' >&2
		UNEXPECTED=$(wc -l <<<"$unexpected")
		return 0
	fi
	note 'all of these skips are expected on this machine'
}

# Set NR_REPEATED to the number of runs that were repeated.  A guest in QEMU's emulator
# sometimes hangs (README.md), but if many guests hang, there is another reason.
judge_repeated() {
	NR_REPEATED=0
	[[ -e $REPEATED ]] || return 0
	NR_REPEATED=$(wc -l <"$REPEATED")
	note "$NR_REPEATED runs in the lab had no result and were repeated:" \
		"$(paste -sd ' ' "$REPEATED")"
}

# show_times FILE: print the ten tests that took longest, and the sum of all
show_times() {
	note "The tests that took longest, seconds and seconds of processor time:"
	sort -rn "$1" | awk 'NR <= 10 { printf "%7.1f %7.1f  %s\n", $1, $2, $4 }
		{ all += $2 }
		END { printf "        %7.1f  all %d\n", all, NR }'
}

# show_failed DIR FILE: print each check that failed, from the tests' output in DIR, with the
# first lines of its evidence and the last, where a program says what it died of; and each test
# in FILE that failed without such a check
show_failed() {
	find "$1" -type f -exec awk -v dir="$1/" '
	function finish() {
		if (lines > 9)
			print "failed:     (more)"
		if (lines > 8)
			print "failed:     " last
		lines = 0
	}
	FNR == 1 || /^(not )?ok/ { finish(); failed = 0 }
	/^not ok/ && !/# *[Tt][Oo][Dd][Oo]/ {
		print "failed: " substr(FILENAME, length(dir) + 1) ": " $0
		failed = 1
	}
	/^#/ && failed {
		last = $0
		if (++lines <= 8)
			print "failed:     " $0
	}
	END { finish() }' {} +
	awk '$3 { print $4, $3 }' "$2" | while read -r name status; do
		grep -qs '^not ok' "$1/$name" ||
			echo "failed: $name: it ended with status $status"
	done
}

main() {
	local start=$EPOCHREALTIME status=0 tap boots jobs times=$BUILD/log/tests-times.txt

	# Run two tests more than there are processors, because some tests mostly wait.
	# There are still never more emulators than processors (take_slot).
	jobs=$((PROCESSORS + 2))
	if [[ ${1:-} == -j ]]; then
		(($# > 2)) || usage
		jobs=$2
		shift 2
	fi
	(($#)) || usage
	need prove
	mkdir -p "$BUILD/log"
	: >"$times"
	rm -f "$REPEATED"
	new_beside tap "$BUILD/run/check"
	new_beside boots "$BUILD/run/boots"
	# Restore signals that may be ignored here (nohup), as tests send them.  The last
	# two variables are for lab/tests/intel_host.sh.  No scenario of a test takes a third of
	# LAB_TIMEOUT_MAX on QEMU, or sleeps for LAB_IDLE_MAX: one that does hangs, and is
	# repeated in time.
	PERL_TEST_HARNESS_DUMP_TAP=$tap BUILD=$BUILD LAB_TRIES=2 LAB_TIMEOUT_MAX=900 \
		LAB_IDLE_MAX=100 LAB_BOOTS=$boots LAB_TESTS=$* env --default-signal \
		prove -j"$jobs" --timer --exec "$LAB/checks/timed.sh $times" "$@" ||
		status=$?
	show_times "$times"
	judge_repeated
	((NR_REPEATED <= REPEATED_MAX)) || status=1
	judge_skips "$tap"
	((UNEXPECTED == 0)) || status=1
	note "$(since "$start") s for the tests"
	show_failed "$tap" "$times" >&2
	exit "$status"
}

main "$@"
