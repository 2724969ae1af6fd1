#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: l1.sh [OPTION...] --out DIR SCENARIO [KEY=VALUE...]
#              [--then [--modules DIR|stock] --out DIR SCENARIO [KEY=VALUE...]]...
#        l1.sh [OPTION...] --shell [SCENARIO] [KEY=VALUE...]
#        l1.sh --again --out DIR
#   --kernel NAME        L1's kernel: a series of lab/kernels, or the release of a kernel
#                        that lab/setup/machine-kernel.sh has taken (default: this
#                        distribution's series)
#   --modules DIR|stock  KVM's modules (default: build/modules/SERIES/normal; stock
#                        for a series that has no patches)
#   --vendor amd|intel   the vendor of the host's processor (default: this machine's
#                        if it has nested virtualization, else amd)
#   --timeout SECONDS    the longest time for a scenario (default: 600; Bochs: 1800);
#                        on QEMU, the results until then are put in DIR, too
#   --memory MB          memory of the emulated host (default: 1024; Bochs: as needed)
#   --cpus N             CPUs of the emulated host (default: 1; amd only)
#   --tcg-threads single|multi   with multi, the emulated CPUs really run at the same
#                        time (default: single; QEMU's emulator only)
#   --mitigations auto|off   against the processor's faults (default: off; amd only)
#   --icount             the TSC counts instructions, for measurements (amd only)
#   --tcg                emulate the host, even if this machine could use KVM
#   --shell              run a shell in L1 instead of the scenario
#   --then               run another scenario in the same L1 afterwards
#   --again              tell again the outcome of the run whose results are in DIR
#
# Runs a scenario in L1, which is a host with AMD-V that QEMU emulates, or one with
# VMX that Bochs emulates (or, if this machine has nested virtualization, a host that
# QEMU runs with KVM).  A scenario is a script for L1's shell; the files that it leaves
# in /results are put in DIR.  KEY=VALUE is set in its environment, or, with a dot in
# KEY (kvm.exit_stats=1, kvm_amd.npt=0), as a module parameter.  The head of the
# scenario names the things that it needs:
#
#   # needs: WORD...   qemu      QEMU, as /qemu/run-qemu
#                      l2        the Linux guest's kernel and initramfs, in /l2
#                      l2modules more of its modules, /l2/modules, to be appended
#                                to that initramfs
#                      selftests the kernel's KVM selftests, in /selftests
#                      exitledger, exitledger-export, guest, floor, obsfault, vmchurn
#                                programs built here, in /bin
#                      stock     the distribution's own KVM modules, in
#                                /modules/stock, besides the loaded ones; load-kvm
#                                DIR loads other modules in their place
#                      install   the scripts that install modules, in /exitledger
#                      host      this machine's files, read-only in /host (amd
#                                only); chroot runs its programs
#                      terminfo  the descriptions of terminals
#                      rights    a command that records its observer's rights
#                      /a/path   a program of this machine, in /bin
#                      WORD?     the same, if this machine has it
#   # kvm: none        do not load KVM's modules
#
# Several scenarios can share a boot, which saves time, as a boot takes longer than most
# scenarios.  Each finds KVM's modules loaded anew, empty /results and /tmp, and an empty
# kernel log; its processes end with it.  If L1 fails in a scenario, the results of those
# before it are kept.
#
# LAB_TRIES=2 in the environment: a run of QEMU's emulator that does not end, or in which
# a guest ended early, is repeated once (README.md, "What the emulators do not do").  A
# message says so.  build/log/lab-repeated.txt, or $LAB_REPEATED, lists such runs, and
# DIR.first-try has the results of the first try.  A run in which books did not balance is
# not repeated; with LAB_MISTAKES=1, which is for mistakes made on purpose, only one whose
# scenario says, in /results/blamed, that right books did not.
#
# LAB_TIMEOUT_MAX=SECONDS in the environment: on QEMU, a scenario has no more than this, even
# if --timeout says more.  LAB_IDLE_MAX=SECONDS: its time is also up when QEMU's emulator has
# hardly used a processor for that long, because a guest in L1 then waits for an interrupt that
# was lost.
#
# Exit status: the scenario's, if it is 0 to 63; 63 for a larger one.  64: wrong usage.
# 125: the lab failed, so the scenario has no outcome: L1 panicked or hung, L1's kernel
# warned of a mistake of its own, or the results are not complete.  With several
# scenarios, it is the status of the first that did not end with 0.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=lab/setup/kernels.sh
. "$LAB/setup/kernels.sh"
DIE_STATUS=125

# L1's init ends QEMU with status 2v + 1, where v is the scenario's status plus
# STATUS_BASE, or one of the codes below.  So success is 65, which no signal, no shell and
# no failure of QEMU gives.
STATUS_BASE=32
STATUS_LARGE=96
# shellcheck disable=SC2034 # Only init uses it.
STATUS_COMPLAINTS=97
STATUS_SETUP=98
STATUS_LATE=99
# The line with such a code has this token, which no line of the results has.
TOKEN=$(od -A n -N 8 -t x8 /dev/urandom | tr -d ' ')

# parse_options WORD...: parse the scenarios with their options; the options of the
# machine are given with the first one
parse_options() {
	local words=() word

	KERNEL=$(default_series) TIMEOUT='' MEMORY=''
	CPUS=1 MITIGATIONS=off TCG_THREADS=single
	VENDOR='' ICOUNT='' FORCE_TCG='' INTERACTIVE='' AGAIN=''
	COUNT=0 SCENARIOS=() OUTS=() MODULES=()
	for word in "$@" --then; do
		if [[ $word != --then ]]; then
			words+=("$word")
			continue
		fi
		COUNT=$((COUNT + 1))
		parse_scenario "${words[@]}"
		words=()
	done
	[[ $CPUS =~ ^[1-9][0-9]*$ && $MITIGATIONS =~ ^(off|auto)$ ]] || usage
	[[ $TCG_THREADS =~ ^(single|multi)$ ]] || usage
	[[ $TIMEOUT$MEMORY =~ ^[0-9]*$ && $VENDOR =~ ^(|amd|intel)$ ]] || usage
	[[ -z $INTERACTIVE$AGAIN ]] || ((COUNT == 1)) || usage
	check_kernel "$KERNEL"
}

# parse_scenario WORD...: add scenario number COUNT; its KEY=VALUEs go to the array
# SETTINGS_COUNT
parse_scenario() {
	local out='' modules='' scenario=''

	while [[ ${1:-} == -* ]]; do
		[[ $1 == --out || $1 == --modules ]] || ((COUNT == 1)) || usage
		case $1 in
		--icount) ICOUNT=1 ;;
		--tcg) FORCE_TCG=1 ;;
		--shell) INTERACTIVE=1 ;;
		--again) AGAIN=1 ;;
		--out | --modules | --kernel | --timeout | --memory | --vendor | \
			--cpus | --mitigations | --tcg-threads)
			(($# > 1)) || usage
			case $1 in
			--out) out=$2 ;;
			--modules) modules=$2 ;;
			*) printf -v "$(tr a-z- A-Z_ <<<"${1#--}")" '%s' "$2" ;;
			esac
			shift
			;;
		*) usage ;;
		esac
		shift
	done
	if (($#)) && [[ $1 != *=* ]]; then
		scenario=$1
		shift
	fi
	[[ -n $INTERACTIVE || (-n $scenario$AGAIN && -n $out) ]] || usage
	[[ -z $scenario || (-f $scenario && -r $scenario) ]] ||
		die "no scenario $scenario"
	SCENARIOS[COUNT]=$scenario OUTS[COUNT]=$out MODULES[COUNT]=$modules
	declare -ga "SETTINGS_$COUNT=()"
	local -n settings=SETTINGS_$COUNT
	# shellcheck disable=SC2034 # It refers to SETTINGS_COUNT, which is used.
	settings=("$@")
}

check_inputs() {
	local env=$BUILD/kernel/$KERNEL/current/kernel.env number

	[[ -r $env ]] || die "no kernel for L1; run lab/setup/prepare.sh $KERNEL"
	# shellcheck disable=SC1090
	. "$env"
	for ((number = 1; number <= COUNT; number++)); do
		choose_modules "$number"
		choose_out "$number"
	done
	NAME=$(basename -- "${OUTS[1]}")
	CONSOLE=$BUILD/log/l1-$NAME.log
}

# choose_modules NUMBER: choose the directory of that scenario's modules
choose_modules() {
	local modules=${MODULES[$1]}

	if [[ -z $modules ]]; then
		modules=$BUILD/modules/$KERNEL/normal
		has_patches "$KERNEL" || modules=stock
	fi
	if [[ $modules == stock ]]; then
		# shellcheck disable=SC2153 # from kernel.env
		modules=$KMODULES
	else
		(cd -- "$modules" && grep -v '^#' stamp | sha256sum -c --quiet) \
			>/dev/null 2>&1 ||
			die "no complete set of KVM modules in $(rel "$modules");" \
				"run lab/setup/prepare.sh $KERNEL, or say --modules stock"
	fi
	MODULES[$1]=$modules
}

# choose_out NUMBER: choose the directory of that scenario's results, and remove old results
# there; a directory without results of this script is not removed
choose_out() {
	local out

	out=$(realpath -m -- "${OUTS[$1]:-$BUILD/results/shell}")
	[[ ! -e $out || -f $out/l1-status ]] || rmdir -- "$out" 2>/dev/null ||
		die "$out is there, but not from this script; choose another --out"
	rm -rf -- "$out"
	OUTS[$1]=$out
}

# header NUMBER WORD: print the text of that scenario's "# WORD:" lines
header() {
	[[ -z ${SCENARIOS[$1]} ]] || sed -n "s/^# $2: *//p" "${SCENARIOS[$1]}"
}

# --- L1's archives ---

# add_needed ROOT WORD NUMBER: add a thing that the scenario needs
add_needed() {
	local program found=() optional='' who

	who=$(rel "${SCENARIOS[$3]}")
	[[ $2 != *\? ]] || optional=1
	case ${2%\?} in
	qemu | l2 | l2modules | selftests) # shared by all runs
		image "${2%\?}"
		IMAGES_USED+=("$IMAGE")
		return 0
		;;
	host)
		[[ $EMULATOR == QEMU ]] ||
			die "$who: 'needs: host' takes an AMD host"
		image host
		IMAGES_USED+=("$IMAGE")
		SHARE=1
		return 0
		;;
	stock)
		mkdir -p "$1/modules/stock" "$1/bin"
		cp -- "$LAB/machine/l1/load-kvm" "$1/bin/"
		# shellcheck disable=SC2153 # from kernel.env
		cp -- "$KMODULES"/kvm*.ko "$1/modules/stock/"
		return 0
		;;
	exitledger | exitledger-export) found=("$BUILD/bin/$2") ;;
	rights)
		mkdir -p "$1/bin"
		cp -- "$LAB/machine/l1/rights" "$1/bin/"
		return 0
		;;
	floor | obsfault | vmchurn) found=("$BUILD/lab/$2") ;;
	guest) found=("$BUILD"/guest/*) ;;
	install)
		add_install "$1" "${MODULES[$3]}"
		return 0
		;;
	terminfo)
		add_terminfo "$1"
		return 0
		;;
	/*) found=("${2%\?}") ;;
	*) die "$who: 'needs: $2' is not known; see lab/machine/l1.sh" ;;
	esac
	for program in "${found[@]}"; do
		if [[ -f $program && -x $program ]]; then
			add_program "$1" "$program" bin
		else
			[[ -n $optional || -d $program ]] ||
				die "$who needs $(rel "$program"); build it first (make)"
		fi
	done
}

# write_settings NUMBER DIR: write the scenario's environment, and the settings of KVM for
# init
write_settings() {
	local setting quote="'\\''" parameters=()
	local -n own=SETTINGS_$1

	{
		for setting in "${L2_SETTINGS[@]}" "${own[@]}"; do
			if [[ $setting =~ ^kvm(_amd|_intel)?\.[a-z0-9_]+=[^[:space:]\']*$ ]]; then
				parameters+=("$setting")
			elif [[ $setting =~ ^[A-Za-z_][A-Za-z0-9_]*= ]]; then
				setting=${setting//\'/$quote}
				printf "export %s='%s'\n" "${setting%%=*}" \
					"${setting#*=}"
			else
				die "'$setting' is neither KEY=VALUE nor a parameter of kvm, kvm_amd or kvm_intel"
			fi
		done
	} >"$2/env"
	printf "LAB_KVM='%s' LAB_PARAMETERS='%s'\n" "$(header "$1" kvm)" \
		"${parameters[*]}" >"$2/kvm"
}

# add_scenario ROOT NUMBER: add the scenario itself, and its modules if they differ from those
# of the scenario before
add_scenario() {
	local dir=$1/lab/$2

	mkdir -p "$dir"
	if [[ -n ${SCENARIOS[$2]} ]]; then
		cp -- "${SCENARIOS[$2]}" "$dir/scenario"
	fi
	write_settings "$2" "$dir"
	if [[ ${MODULES[$2]} != "${MODULES[$2 - 1]:-}" ]]; then
		mkdir "$dir/modules"
		cp -- "${MODULES[$2]}"/{kvm,kvm-amd,kvm-intel}.ko "$dir/modules/"
	fi
}

# Make $RUN/initrd from all parts.
assemble() {
	local root=$RUN/root word number
	local -A added=()

	SHARE=''
	IMAGES_USED=()
	image base
	IMAGES_USED+=("$IMAGE")
	mkdir -p "$root/lab"
	for ((number = 1; number <= COUNT; number++)); do
		for word in $(header "$number" needs); do
			[[ -z ${added[$word]:-} ]] || continue
			added[$word]=1
			add_needed "$root" "$word" "$number"
		done
		add_scenario "$root" "$number"
	done
	printf '%s\n' "LAB_SHELL=$INTERACTIVE LAB_TOKEN=$TOKEN LAB_GRACE=$GRACE LAB_COUNT=$COUNT" \
		>"$root/lab/env"
	pack "$root" "$RUN/cpio"
	cat -- "${IMAGES_USED[@]}" "$RUN/cpio" >"$RUN/initrd"
	rm -rf -- "$root" "$RUN/cpio"
}

# --- the machine ---

# Does this machine have nested virtualization, and if VENDOR is given, is its processor of
# that vendor?  /dev/kvm is no proof: some hosts have it without either extension.
nested_virtualization() { # [VENDOR]
	local parameters

	[[ -z $FORCE_TCG ]] || return 1
	case ${1:-any}-$(grep -m 1 -owE "svm|vmx" /proc/cpuinfo || true) in
	a*-svm) parameters=/sys/module/kvm_amd/parameters ;;
	any-vmx | intel-vmx) parameters=/sys/module/kvm_intel/parameters ;;
	*) return 1 ;;
	esac
	grep -qsx '[Y1]' "$parameters/nested" && [[ -r /dev/kvm && -w /dev/kvm ]]
}

# Source the file with the functions for the emulator; both files define the same functions.
# Set TIMEOUT, the most seconds for one scenario.
choose_emulator() {
	if [[ $VENDOR == intel ]] && ! nested_virtualization intel; then
		# shellcheck source=lab/machine/bochs.sh
		. "$LAB/machine/bochs.sh"
	else
		# shellcheck source=lab/machine/qemu.sh
		. "$LAB/machine/qemu.sh"
	fi
	: "${TIMEOUT:=$DEFAULT_TIMEOUT}"
	[[ $EMULATOR == Bochs ]] || ((TIMEOUT <= ${LAB_TIMEOUT_MAX:-$TIMEOUT})) ||
		TIMEOUT=$LAB_TIMEOUT_MAX
}

run_l1() {
	serial_file "$CONSOLE"
	: >"$CONSOLE"
	spawn start_l1 env 2>"$RUN/emulator.err"
	end_when_late &
	ASKER=$!
	show_progress &
	PROGRESS=$!
	reap
	wait "$PROGRESS" || true
	kill "$ASKER" 2>/dev/null || true
}

run_shell() {
	local terminal

	serial_terminal
	RUN_STATUS=0
	terminal=$(stty -g 2>/dev/null) || true
	(start_l1 env) 9>&- || RUN_STATUS=$?
	[[ -z $terminal ]] || stty "$terminal"
	collect_results
	find_parts
	exit "$((${#CODES[@]} ? 0 : DIE_STATUS))"
}

# Run this script again, once or twice, and exit with the last status.
try_twice() {
	local name=$NAME out

	mkdir -p "$BUILD/run" "$BUILD/log"
	new_beside RUN "$BUILD/run/$name"
	export LAB_TRIES=1
	LAB_NO_RESULT=$RUN/no-result spawn "$0" "$@"
	reap
	if [[ -e $RUN/no-result ]]; then
		note "          $name: no result; once more"
		for out in "${OUTS[@]}"; do
			rm -rf -- "$out.first-try"
			[[ ! -d $out ]] || mv -T -- "$out" "$out.first-try"
		done
		printf '%s\n' "$name" >>"${LAB_REPEATED:-$BUILD/log/lab-repeated.txt}"
		spawn "$0" "$@"
		reap
	fi
	exit "$RUN_STATUS"
}

main() {
	# shellcheck source=lab/machine/judge.sh
	. "$LAB/machine/judge.sh"
	parse_options "$@"
	[[ -z $AGAIN ]] || judge_again
	check_inputs
	if ((${LAB_TRIES:-1} > 1)) && [[ -z $INTERACTIVE ]]; then
		try_twice "$@"
	fi
	# shellcheck source=lab/machine/payload.sh
	. "$LAB/machine/payload.sh"
	# shellcheck source=lab/machine/watch.sh
	. "$LAB/machine/watch.sh"
	choose_emulator
	find_emulator
	mkdir -p "$BUILD/log"
	lock
	new_beside RUN "$BUILD/run/$NAME"
	assemble
	unlock
	machine
	take_slot
	START=$EPOCHREALTIME
	note "          $NAME: L1 boots on $ON"
	if [[ -n $INTERACTIVE ]]; then
		run_shell
	fi
	run_l1
	judge
}

main "$@"
