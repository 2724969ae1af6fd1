#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: bench.sh [--quick] [--kernel 6.1|6.12] [--rounds N] [--replay] [KIND...]
#
# exitledger bench in the emulated AMD host whose TSC counts instructions, with the
# distribution's perf, bpftrace and trace-cmd as peers, and writes docs/overhead.md
# and docs/overhead.svg.  Half an hour.
# KIND: of exits; all that bench has by itself, unless said.
# --quick: of CPUID alone, and shown, not written.  Some minutes.
# --rounds: of bench (2).
# --replay: from what the last run has left, without another.
#
# Exit status: 0; 3 if nothing was measured.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
DIE_STATUS=3

OTHER=	# the process that runs the second host
trap '[[ -z $OTHER ]] || kill "$OTHER" 2>/dev/null || true; cleanup' EXIT

ALL_KINDS=(cpuid out rdmsr mmio pic hlt_due vmcall)

parse_options() {
	KERNEL=6.1 QUICK='' REPLAY='' ROUNDS=2
	while [[ ${1:-} == -* ]]; do
		case $1 in
		--quick) QUICK=1 ;;
		--replay) REPLAY=1 ;;
		--kernel | --rounds)
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
	[[ -z $QUICK ]] || KINDS=(cpuid)
	RESULTS=$BUILD/results/bench-$KERNEL${QUICK:+-quick}
}

exitledger() { "$BUILD/bin/exitledger" "$@"; }

# As in a document: 4 columns in.
quoted() { sed 's/^\(.\)/    \1/'; }

changes() { # OLD NEW
	# That something costs more is to be seen, not an error.
	exitledger bench --compare "$RESULTS/$1.json" "$RESULTS/$2.json" || (($? == 1))
}

document() {
	local linux by='lab/bench.sh --replay'

	# Else from runs that may have been started one by one.
	[[ ! -e $RESULTS/whole ]] || by='make bench'
	linux=$(sed -n 's/^host *Linux \([^,]*\),.*/\1/p' "$RESULTS/bench.txt")
	cat <<-END
	<!-- SPDX-License-Identifier: GPL-2.0-only -->
	# What counting VM exits costs

	Written by \`$by\` on $(date -u +%F), from Linux $linux in an
	emulated AMD host. Costs are instructions that are added per exit, counted by the
	emulator: they say which is more work, and by how much, but not how many ns that is
	on a processor. \`exitledger bench\` on a real host says that.

	![instructions added per exit](overhead.svg)

	- KVM's counters are the cheapest, and the only ones that take a patch.
	- \`perf stat\` says how many exits there were, and nothing of reasons or times.
	- The recorders (perf kvm stat, perf record, trace-cmd) pay once more when their
	  file is read; that is not in here. The one CPU of this host runs the guest and
	  whoever empties the recorder's buffer.
	- perf kvm stat records one event more of each port I/O, MMIO and MSR; so these cost
	  half as much again, or more.
	- bcc's kvmexit is for Intel's processors alone.
	- perf kvm stat, and bpftrace's pair by thread, miss exits that no entry follows on
	  that thread: a vCPU's last. tracefs has no reader here, so its ring has overwritten
	  what it could not hold.
	- KVM's time less BPF's is what \`exitledger compare\` reports of a host at work,
	  with nothing to compare with. It leaves out what lies in BPF's own window: half of
	  the calls, and of the reading of clocks, some 110 for each kind of exit. With
	  that, it is what the laps say, as far as means of single runs can: they have
	  whatever long exits there were.
	- Two rounds, as here, are few: a change is told only where it is large.

	END
	exitledger bench --replay "$RESULTS/bench.json" \
		--svg "$TOP/docs/overhead.svg" | quoted
	[[ ! -e $RESULTS/stock.json ]] || cat <<-END

	## Counters that are off

	"Nothing" above is the patched KVM with its counters off. This is Debian's own KVM
	(old) against it (new):

	END
	[[ ! -e $RESULTS/stock.json ]] || changes stock bench | quoted
	[[ ! -e $RESULTS/again.json ]] || cat <<-END

	## The same once more

	Ours, measured again in another run (new) than that above (old):

	END
	[[ ! -e $RESULTS/again.json ]] || changes bench again | quoted
	cat <<-END

	## Commands

	Each runs the micro-guest, LOAD, and writes to a FILE in memory:

	END
	exitledger bench --list | sed -n 's/^    *//p' | fold -s -w 76 |
		sed 's/ *$//' | quoted
}

# in_lab NAME KIND...: COMMAND becomes what measures these in a host of its own
in_lab() {
	local name=$1

	shift
	COMMAND=("$LAB/l1.sh" --vendor amd --kernel "$KERNEL" --icount
		--memory 2048 --timeout 7200 --out "$RESULTS-$name"
		"$LAB/scenarios/bench.sh" NOW="$(date +%s)" QUICK="$QUICK"
		KINDS="$*" ROUNDS="$ROUNDS")
}

# Half of the kinds each: the machine has two processors, and an emulated host
# keeps one busy.
measure() {
	local half=$(((${#KINDS[@]} + 1) / 2)) status=0 name

	"$LAB/deps.sh" --peers
	lock
	"$LAB/prepare.sh" "$KERNEL"
	# Each l1.sh takes it while it puts together what it boots.
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
	touch "$RESULTS/whole"
}

merge() { # NAME
	local parts=("$RESULTS"-[ab]/"$1.json")

	exitledger bench --replay "${parts[@]}" --json "$RESULTS/$1.json" \
		>"$RESULTS/$1.txt"
}

main() {
	local start=$EPOCHREALTIME

	parse_options "$@"
	[[ -n $REPLAY ]] || measure
	[[ -e $RESULTS/bench.json ]] || die "no results in $(rel "$RESULTS")"
	if [[ -n $QUICK ]]; then
		printf '\n'
		cat -- "$RESULTS/bench.txt"
	else
		document >"$RESULTS/overhead.md"
		mv -- "$RESULTS/overhead.md" "$TOP/docs/overhead.md"
		note '          docs/overhead.md, docs/overhead.svg'
	fi
	printf '\n%s s in all\n' "$(since "$start")"
}

main "$@"
