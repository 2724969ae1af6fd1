#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: bench.sh [--quick] [--kernel SERIES] [--rounds N] [--replay] [--out DIR]
#                 [KIND...]
#
# Runs exitledger bench in the emulated AMD host whose TSC counts instructions, with the
# distribution's perf, bpftrace and trace-cmd as peers, and writes docs/overhead.md and
# docs/overhead.svg.  Takes half an hour.
# KIND: kinds of exits to measure (default: all that bench has).  If not all are measured,
# the results are shown, but nothing is written.
# --quick: measure only CPUID, in a few minutes.
# --rounds: the number of bench's rounds (4); it should be even, so that drift adds nothing.
# --replay: show the results of the last run with the same options, and measure nothing.
# --out: the folder to write to (docs)
#
# Exit status: 0; 1 if two measurements of the same thing differ by more than 0.5 %; 3 if
# nothing was measured.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=lab/setup/kernels.sh
. "$LAB/setup/kernels.sh"
DIE_STATUS=3

OTHER=	# the process that runs the second host
trap '[[ -z $OTHER ]] || kill "$OTHER" 2>/dev/null || true; cleanup' EXIT

ALL_KINDS=(cpuid out rdmsr mmio pic hlt_due vmcall)

parse_options() {
	KERNEL=$(default_series) QUICK='' REPLAY='' ROUNDS=4 OUT=$TOP/docs
	while [[ ${1:-} == -* ]]; do
		case $1 in
		--quick) QUICK=quick ;;
		--replay) REPLAY=1 ;;
		--kernel | --rounds | --out)
			(($# > 1)) || usage
			printf -v "$(tr a-z- A-Z_ <<<"${1#--}")" '%s' "$2"
			shift
			;;
		*) usage ;;
		esac
		shift
	done
	KINDS=("$@")
	((${#KINDS[@]})) || KINDS=("${ALL_KINDS[@]}")
	[[ $QUICK != quick ]] || KINDS=(cpuid)
	# If only some of the kinds are measured, no document is written.
	[[ -n $QUICK || ${KINDS[*]} == "${ALL_KINDS[*]}" ]] || QUICK=some
	RESULTS=$BUILD/results/bench-$KERNEL${QUICK:+-$QUICK}
}

exitledger() { "$BUILD/bin/exitledger" "$@"; }

# Indent by 4 columns: Markdown takes such lines as code.
quoted() { sed 's/^\(.\)/    \1/; s/ *$//'; }

changes() { # OLD NEW
	# Status 1 says that something costs more: this is shown, but is no error here.
	exitledger bench --compare "$RESULTS/$1.json" "$RESULTS/$2.json" || (($? == 1))
}

document() {
	local linux

	linux=$(sed -n 's/^host *Linux \([^,]*\),.*/\1/p' "$RESULTS/bench.txt")
	cat <<-END
	<!-- SPDX-License-Identifier: GPL-2.0-only -->
	# The cost of counting VM exits

	Measured by \`make bench\`, in $(cat "$RESULTS/seconds") s, from Linux $linux in an
	emulated AMD host. Costs are instructions that are added per exit, counted by the
	emulator: they say which is more work, and by how much, but not how many ns that is
	on a processor. \`exitledger bench\` on a real host says that.

	![instructions added per exit](overhead.svg)

	- KVM's counters are the only ones that take a patch.
	- The observer's *times* are counts, and times in all, least and most, by vCPU and
	  reason; its *histogram* is all that, and what \`exitledger monitor\` does.
	- \`perf stat\` says how many exits there were, and nothing of reasons or times.
	- The recorders (perf kvm stat, perf record, trace-cmd) pay once more when their
	  file is read; that is not in here. The one CPU of this host runs the guest and
	  whoever empties the recorder's buffer.
	- perf kvm stat records one event more of each port I/O, MMIO and MSR.
	- bcc's kvmexit is for Intel's processors alone.
	- perf kvm stat, and bpftrace's pair by thread, miss exits that no entry follows on
	  that thread: a vCPU's last. tracefs has no reader here, so its ring has overwritten
	  what it could not hold.
	- KVM's time less BPF's is what \`exitledger compare\` reports of a host at work,
	  with nothing to compare with. It leaves out what lies in BPF's own window: half of
	  the calls, and of the reading of clocks. With that, it is what the laps say.

	END
	exitledger bench --replay "$RESULTS/bench.json" \
		--svg "$OUT/overhead.svg" | quoted
	[[ ! -e $RESULTS/stock.json ]] || cat <<-END

	## Counters that are off

	"Nothing" above is the patched KVM with its counters off. This is Debian's own KVM
	(old) against it (new):

	END
	[[ ! -e $RESULTS/stock.json ]] || changes stock bench | quoted
	[[ ! -e $RESULTS/again.json ]] || cat <<-END

	## The same once more

	Some of ours, measured again in another run (new) than that above (old):

	END
	[[ ! -e $RESULTS/again.json ]] || changes bench again | quoted
	cat <<-END

	## Commands

	Each runs the micro-guest, LOAD, and writes to a FILE in memory:

	END
	exitledger bench --list | sed -n 's/^    *//p' | fold -s -w 76 |
		sed 's/ *$//' | quoted
}

# in_lab NAME KIND...: set COMMAND to the command that measures these kinds in another host
in_lab() {
	local name=$1

	shift
	COMMAND=("$LAB/machine/l1.sh" --vendor amd --kernel "$KERNEL" --icount
		--memory 2048 --timeout 7200 --out "$RESULTS-$name"
		"$LAB/scenarios/bench.sh" NOW="$(date +%s)" QUICK="$QUICK"
		KINDS="$*" ROUNDS="$ROUNDS" LAPS=3)
}

# Measure with two hosts at the same time, each with half of the kinds, because an
# emulated host keeps only one processor busy.
measure() {
	local half=$(((${#KINDS[@]} + 1) / 2)) status=0 name

	"$LAB/setup/deps.sh" build demo peers
	lock
	"$LAB/setup/prepare.sh" "$KERNEL"
	# Release the lock, which each l1.sh takes while it makes the archives that it boots
	# with.
	unlock
	rm -rf -- "$RESULTS"{,-a,-b}
	if ((${#KINDS[@]} > half)); then
		in_lab b "${KINDS[@]:half}"
		"${COMMAND[@]}" &
		OTHER=$!
	fi
	in_lab a "${KINDS[@]:0:half}"
	"${COMMAND[@]}" || status=$?
	[[ -z $OTHER ]] || wait "$OTHER" || status=$?
	OTHER=
	((status == 0)) || die "the scenario failed with status $status"
	mkdir -p "$RESULTS"
	for name in stock bench again; do
		[[ ! -e $RESULTS-a/$name.json ]] || merge "$name"
	done
	since "$START" >"$RESULTS/seconds"
}

merge() { # NAME
	local parts=("$RESULTS"-[ab]/"$1.json")

	exitledger bench --replay "${parts[@]}" --json "$RESULTS/$1.json" \
		>"$RESULTS/$1.txt"
}

main() {
	START=$EPOCHREALTIME

	parse_options "$@"
	[[ -n $REPLAY ]] || measure
	[[ -e $RESULTS/bench.json ]] || die "no results in $(rel "$RESULTS")"
	if [[ -n $QUICK ]]; then
		printf '\n'
		cat -- "$RESULTS/bench.txt"
	else
		document >"$RESULTS/overhead.md"
		mv -- "$RESULTS/overhead.md" "$OUT/overhead.md"
		note "          $(rel "$OUT")/overhead.md, $(rel "$OUT")/overhead.svg"
	fi
	printf '\n%s s in all\n' "$(since "$START")"
	exitledger bench --replay "$RESULTS/bench.json" --limit 0.5 >/dev/null
}

main "$@"
