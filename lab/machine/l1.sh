#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: l1.sh [OPTION...] --out DIR SCENARIO [KEY=VALUE...]
#        l1.sh [OPTION...] --shell [SCENARIO] [KEY=VALUE...]
#   --kernel SERIES      L1's kernel, of lab/kernels (default: this distribution's)
#   --modules DIR|stock  KVM's modules (default: build/modules/SERIES/normal; stock
#                        for a series that has no patches)
#   --vendor amd|intel   of the host's processor (default: this machine's, where
#                        it has nested virtualization, and else amd)
#   --timeout SECONDS    the most that the run may take (default: 600; Bochs: 1800);
#                        on QEMU what results there are then are put in DIR, too
#   --memory MB          of the emulated host (default: 1024; Bochs: as needed)
#   --cpus N             of the emulated host (default: 1; amd only)
#   --mitigations auto|off   of the processor's faults (default: off; amd only)
#   --icount             the TSC counts instructions: for measurements (amd only)
#   --tcg                emulate, even where the processor could do it
#   --shell              a shell in L1 instead of the scenario
#
# Runs a scenario in L1: a host with AMD-V that QEMU emulates, or one with VMX
# that Bochs does (or, where this machine has nested virtualization, a host that
# QEMU runs with KVM).  A scenario is a script for L1's shell; what it leaves in
# /results is put in DIR.  KEY=VALUE is for its environment; with a dot in KEY
# (kvm.exit_stats=1, kvm_amd.npt=0) it is a module parameter.  The scenario's head
# says what it needs:
#
#   # needs: WORD...   qemu      QEMU, as /qemu/run-qemu
#                      l2        the Linux guest's kernel and initramfs, in /l2
#                      l2modules more of its modules, /l2/modules: to be appended
#                                to that initramfs
#                      selftests the kernel's KVM selftests, in /selftests
#                      exitledger, exitledger-export, guest, floor, obsfault
#                                programs built here, in /bin
#                      stock     the distribution's own KVM modules, in
#                                /modules/stock, besides those that are loaded;
#                                load-kvm DIR replaces these
#                      install   what installs modules, in /exitledger
#                      host      this machine's files, read-only in /host (amd
#                                only); chroot runs its programs
#                      terminfo  what programs must know of terminals
#                      rights    a command that keeps its observer's rights
#                      /a/path   a program of this machine, in /bin
#                      WORD?     the same, if it is there
#   # kvm: none        KVM's modules are not loaded
#
# LAB_TRIES=2 in the environment: a run of QEMU's emulator that comes to no end, or in
# which a guest ended early, is repeated once: see README.md, "What the emulators do
# not do".  That is said, and build/log/lab-repeated.txt, or $LAB_REPEATED, lists such
# runs; DIR.first-try has the first one's results.
#
# Exit status: the scenario's, if 0 to 63; 63 for a larger one.  64: wrong usage.
# 125: the lab failed, and nothing is known of the scenario: L1 panicked, hung,
# its kernel warned of a mistake of its own, or the results are not complete.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=lab/setup/kernels.sh
. "$LAB/setup/kernels.sh"
DIE_STATUS=125

# L1's init ends QEMU with status 2v + 1, where v is the scenario's status plus
# STATUS_BASE, or one of these.  So a success is 65: no signal, no shell and
# no failure of QEMU gives that status.
STATUS_BASE=32
STATUS_LARGE=96
STATUS_COMPLAINTS=97
STATUS_SETUP=98
STATUS_LATE=99

parse_options() {
	KERNEL=$(default_series) MODULES='' TIMEOUT='' MEMORY='' OUT=''
	CPUS=1 MITIGATIONS=off
	VENDOR='' ICOUNT='' FORCE_TCG='' INTERACTIVE='' SCENARIO=''
	while [[ ${1:-} == -* ]]; do
		case $1 in
		--icount) ICOUNT=1 ;;
		--tcg) FORCE_TCG=1 ;;
		--shell) INTERACTIVE=1 ;;
		--kernel | --modules | --timeout | --memory | --out | --vendor | \
			--cpus | --mitigations)
			(($# > 1)) || usage
			printf -v "$(tr a-z- A-Z_ <<<"${1#--}")" '%s' "$2"
			shift
			;;
		*) usage ;;
		esac
		shift
	done
	if (($#)) && [[ $1 != *=* ]]; then
		SCENARIO=$1
		shift
	fi
	SETTINGS=("$@")
	[[ $CPUS =~ ^[1-9][0-9]*$ && $MITIGATIONS =~ ^(off|auto)$ ]] || usage
	[[ $TIMEOUT$MEMORY =~ ^[0-9]*$ && $VENDOR =~ ^(|amd|intel)$ ]] || usage
	[[ -n $INTERACTIVE || (-n $SCENARIO && -n $OUT) ]] || usage
	check_series "$KERNEL"
	[[ -z $SCENARIO || (-f $SCENARIO && -r $SCENARIO) ]] ||
		die "no scenario $SCENARIO"
}

check_inputs() {
	local env=$BUILD/kernel/$KERNEL/current/kernel.env

	[[ -r $env ]] || die "no kernel for L1; run lab/setup/prepare.sh $KERNEL"
	# shellcheck disable=SC1090
	. "$env"
	if [[ -z $MODULES ]]; then
		MODULES=$BUILD/modules/$KERNEL/normal
		has_patches "$KERNEL" || MODULES=stock
	fi
	if [[ $MODULES == stock ]]; then
		# shellcheck disable=SC2153 # from kernel.env
		MODULES=$KMODULES
	else
		(cd -- "$MODULES" && grep -v '^#' stamp | sha256sum -c --quiet) \
			>/dev/null 2>&1 ||
			die "no complete set of KVM modules in $(rel "$MODULES");" \
				"run lab/setup/prepare.sh $KERNEL, or say --modules stock"
	fi
	OUT=$(realpath -m -- "${OUT:-$BUILD/results/shell}")
	NAME=$(basename -- "$OUT")
	CONSOLE=$BUILD/log/l1-$NAME.log
	# Old results must not be taken for this run's, nor anything else removed.
	[[ ! -e $OUT || -f $OUT/l1-status ]] || rmdir -- "$OUT" 2>/dev/null ||
		die "$OUT is there, but not from this script; choose another --out"
	rm -rf -- "$OUT"
}

# header WORD: what the scenario's "# WORD:" lines say.
header() {
	[[ -z $SCENARIO ]] || sed -n "s/^# $1: *//p" "$SCENARIO"
}

# --- what L1 boots with ---

add_needed() { # ROOT WORD
	local program found=() optional=''

	[[ $2 != *\? ]] || optional=1
	case ${2%\?} in
	qemu | l2 | l2modules | selftests) # shared by all runs
		image "${2%\?}"
		IMAGES_USED+=("$IMAGE")
		return 0
		;;
	host)
		[[ $EMULATOR == QEMU ]] ||
			die "$(rel "$SCENARIO"): 'needs: host' takes an AMD host"
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
	floor | obsfault) found=("$BUILD/lab/$2") ;;
	guest) found=("$BUILD"/guest/*) ;;
	install)
		add_install "$1"
		return 0
		;;
	terminfo)
		add_terminfo "$1"
		return 0
		;;
	/*) found=("${2%\?}") ;;
	*) die "$(rel "$SCENARIO"): 'needs: $2' is not known; see lab/machine/l1.sh" ;;
	esac
	for program in "${found[@]}"; do
		if [[ -f $program && -x $program ]]; then
			add_program "$1" "$program" bin
		else
			[[ -n $optional || -d $program ]] ||
				die "$(rel "$SCENARIO") needs $(rel "$program"); build it first (make)"
		fi
	done
}

# Sorts the settings into the scenario's environment and module parameters.
write_settings() { # ENV-FILE
	local setting quote="'\\''"

	PARAMETERS=()
	{
		printf "LAB_SHELL=%s LAB_KVM='%s' LAB_TOKEN=%s LAB_GRACE=%s\n" \
			"$INTERACTIVE" "$(header kvm)" "$TOKEN" "$GRACE"
		for setting in "${L2_SETTINGS[@]}" "${SETTINGS[@]}"; do
			if [[ $setting =~ ^kvm(_amd|_intel)?\.[a-z0-9_]+=[^[:space:]]*$ ]]; then
				PARAMETERS+=("$setting")
			elif [[ $setting =~ ^[A-Za-z_][A-Za-z0-9_]*= ]]; then
				setting=${setting//\'/$quote}
				printf "export %s='%s'\n" "${setting%%=*}" \
					"${setting#*=}"
			else
				die "'$setting' is neither KEY=VALUE nor a parameter of kvm, kvm_amd or kvm_intel"
			fi
		done
	} >"$1"
}

# Puts together $RUN/initrd.
assemble() {
	local root=$RUN/root word

	SHARE=''
	IMAGES_USED=()
	image base
	IMAGES_USED+=("$IMAGE")
	mkdir -p "$root"/{lab,modules}
	for word in $(header needs); do
		add_needed "$root" "$word"
	done
	cp -- "$MODULES"/{kvm,kvm-amd,kvm-intel}.ko "$root/modules/"
	if [[ -n $SCENARIO ]]; then
		cp -- "$SCENARIO" "$root/lab/scenario"
	fi
	write_settings "$root/lab/env"
	pack "$root" "$RUN/cpio"
	cat -- "${IMAGES_USED[@]}" "$RUN/cpio" >"$RUN/initrd"
	rm -rf -- "$root" "$RUN/cpio"
}

# --- the machine ---

# Has this machine nested virtualization, of that vendor if one is named?  A
# /dev/kvm alone is no proof: there are hosts that show one without either
# extension.
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

# Both define the same functions.
choose_emulator() {
	if [[ $VENDOR == intel ]] && ! nested_virtualization intel; then
		# shellcheck source=lab/machine/bochs.sh
		. "$LAB/machine/bochs.sh"
	else
		# shellcheck source=lab/machine/qemu.sh
		. "$LAB/machine/qemu.sh"
	fi
	: "${TIMEOUT:=$DEFAULT_TIMEOUT}"
}

# Shows the scenario's [LAB] lines as they come.
show_progress() {
	local line

	tail --pid="$CHILD" -s 0.2 -n +1 -f "$CONSOLE" 8>&- 9>&- |
		while IFS= read -r line; do
			line=${line%$'\r'}
			[[ $line != '[LAB] '* ]] ||
				printf '%6s s  | %s\n' "$(since "$START")" \
					"${line#'[LAB] '}"
		done
}

# Before the scenario's first words, L1's port would send what it gets back to us.
beat() {
	[[ -n $BEAT ]] && ((SECONDS >= LAST_BEAT + BEAT)) || return 0
	! grep -q '^\[LAB\]' "$CONSOLE" || keep_awake
	LAST_BEAT=$SECONDS
}

# In steps, so that it does not outlive the emulator by much, however that ends.
ask_when_late() {
	local end=$((SECONDS + TIMEOUT))

	exec 8>&- 9>&- </dev/null >/dev/null 2>&1
	LAST_BEAT=$SECONDS
	while ((SECONDS < end)) && kill -0 -- "-$CHILD" 2>/dev/null; do
		sleep 0.5
		beat
	done
	((SECONDS < end)) || request_results
}

run_l1() {
	serial_file "$CONSOLE"
	: >"$CONSOLE"
	spawn start_l1 timeout -s "$STOP_SIGNAL" -k 5 "$((TIMEOUT + GRACE))" \
		2>"$RUN/emulator.err"
	ask_when_late &
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
	end_code
	exit "$((${#CODE} ? 0 : DIE_STATUS))"
}

# --- what came of it ---

# lab_failure WHY: with what there is to see of it.
lab_failure() {
	{
		sed '/^\[LAB\]/d; s/\r//g' "$CONSOLE" | tail -n 10
		emulator_errors
	} | sed 's/^/    | /' >&2
	die "$NAME: $1; see $(rel "$CONSOLE")"
}

# Unpacks the results to RESULTS, which is beside their place; fails if they are not whole.
unpack_results() {
	gzip -dc <"$RUN/results" 2>/dev/null |
		tar -x --no-same-owner -C "$RESULTS" -f - 2>/dev/null &&
		[[ -s $RESULTS/l1-status && -s $RESULTS/dmesg.txt ]]
}

# no_result [DIR]: the run may be repeated, if whoever called this wants that; but not
# one in which books did not balance or L1's kernel warned, as far as DIR shows.
no_result() {
	[[ -n ${LAB_NO_RESULT:-} && $EMULATOR == QEMU ]] || return 0
	if [[ -n ${1:-} ]]; then
		[[ ! -s $1/l1-complaints ]] || return 0
		! grep -rqs DISCREPANCY "$1" || return 0
	fi
	: >"$LAB_NO_RESULT"
}

# Keeps what was written by then: it may say why the run took so long.
judge_late() {
	new_beside RESULTS "$OUT"
	if ! unpack_results; then
		no_result "$RESULTS"
		lab_failure "no end after $TIMEOUT s, and the results did not arrive whole"
	fi
	tr -d '\r' <"$CONSOLE" >"$RESULTS/console.txt"
	publish "$RESULTS" "$OUT"
	no_result "$OUT"
	lab_failure "no end after $TIMEOUT s; what there was by then is in $(rel "$OUT")"
}


judge() {
	local status

	if ((RUN_STATUS == 124)); then
		no_result
		lab_failure "no end after $TIMEOUT s"
	fi
	end_code
	if [[ -z $CODE ]]; then
		! grep -q 'Kernel panic' "$CONSOLE" ||
			lab_failure "L1's kernel panicked"
		lab_failure "L1 ended without a word ($EMULATOR's status $RUN_STATUS)"
	fi
	((CODE != STATUS_SETUP)) || lab_failure "L1 could not be set up"
	((CODE != STATUS_LATE)) || judge_late
	((CODE >= STATUS_BASE && CODE <= STATUS_COMPLAINTS)) ||
		lab_failure "$EMULATOR failed (status $RUN_STATUS)"
	new_beside RESULTS "$OUT"
	unpack_results ||
		lab_failure "the results did not arrive whole ($EMULATOR's status $RUN_STATUS)"
	status=$(<"$RESULTS/l1-status")
	tr -d '\r' <"$CONSOLE" >"$RESULTS/console.txt"
	# Two ways tell of the status; they must agree.
	((CODE >= STATUS_LARGE || CODE == status + STATUS_BASE)) ||
		lab_failure "L1 ended with $CODE, which is not for the scenario's status $status"
	publish "$RESULTS" "$OUT"
	if [[ -e $OUT/guest-failed ]]; then
		no_result "$OUT"
	fi
	if ((CODE == STATUS_COMPLAINTS)); then
		head -n 5 "$OUT/l1-complaints" | sed 's/^/    | /' >&2
		die "$NAME: L1's kernel warned; see $(rel "$OUT")/dmesg.txt"
	fi
	((status <= 63)) || {
		note "          $NAME: the scenario ended with status $status" >&2
		status=63
	}
	note "$(printf '%6s s' "$(since "$START")")  $NAME: status $status," \
		"results: $(rel "$OUT")"
	exit "$status"
}

# Runs this script again, once or twice, and ends with the last one's status.
try_twice() {
	local name=$NAME

	mkdir -p "$BUILD/run" "$BUILD/log"
	new_beside RUN "$BUILD/run/$name"
	export LAB_TRIES=1
	LAB_NO_RESULT=$RUN/no-result spawn "$0" "$@"
	reap
	if [[ -e $RUN/no-result ]]; then
		note "          $name: no result; once more"
		rm -rf -- "$OUT.first-try"
		[[ ! -d $OUT ]] || mv -T -- "$OUT" "$OUT.first-try"
		printf '%s\n' "$name" >>"${LAB_REPEATED:-$BUILD/log/lab-repeated.txt}"
		spawn "$0" "$@"
		reap
	fi
	exit "$RUN_STATUS"
}

main() {
	parse_options "$@"
	check_inputs
	if ((${LAB_TRIES:-1} > 1)) && [[ -z $INTERACTIVE ]]; then
		try_twice "$@"
	fi
	# shellcheck source=lab/machine/payload.sh
	. "$LAB/machine/payload.sh"
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
