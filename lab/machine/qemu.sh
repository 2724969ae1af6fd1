# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
#
# Runs L1 on QEMU, which emulates an AMD host or uses this machine's own virtualization.  l1.sh
# sources either this file or bochs.sh after payload.sh; both define the same functions.

EMULATOR=QEMU
DEFAULT_TIMEOUT=600
L2_SETTINGS=()
GRACE=30		# seconds for L1 to send its results when its time is up
BEAT=			# seconds between calls of keep_awake; empty: it is never called

find_emulator() {
	need qemu-system-x86_64
}

# Set the options of the emulator.  Unless --tcg-threads says otherwise, it has one thread
# even for several CPUs: with more threads, Debian's Linux in QEMU's emulator panics now and
# then when tracepoints are switched.
# shellcheck disable=SC2054 # the commas are QEMU's
machine() {
	mkfifo "$RUN/results.in" "$RUN/results.out"
	cat <"$RUN/results.out" >"$RUN/results" &
	COLLECTOR=$!
	MACHINE=(-nodefaults -no-reboot -display none -M q35 -smp "$CPUS"
		-m "${MEMORY:-1024}" -device isa-debug-exit,iobase=0xf4,iosize=4)
	[[ -z $SHARE ]] ||
		MACHINE+=(-virtfs "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap")
	if [[ -n $ICOUNT ]]; then
		ON="an emulated AMD host whose TSC counts instructions"
		MACHINE+=(-accel tcg -icount shift=0,sleep=off
			-rtc base=2026-01-01,clock=vm)
	elif nested_virtualization "$VENDOR"; then
		ON="this machine's own virtualization (nested KVM)"
		MACHINE+=(-accel kvm -cpu host)
		return 0
	else
		ON="an emulated AMD host"
		MACHINE+=(-accel "tcg,thread=$TCG_THREADS")
		BEAT=2
	fi
	MACHINE+=(-cpu EPYC,+svm,+npt)
}

# start_l1 PREFIX...: replace this process by the emulator
start_l1() {
	local append="console=ttyS0 quiet mitigations=$MITIGATIONS tsc=reliable no_timer_check"

	exec "$@" "$QEMU" "${MACHINE[@]}" \
		-kernel "$KVMLINUX" -initrd "$RUN/initrd" \
		-append "$append panic=-1" \
		"${SERIAL[@]}" -serial "pipe:$RUN/results"
}

# Interrupt L1, so that it cannot hang for long.
#
# At each exit of an SVM guest, QEMU's emulator clears a bit of its interrupt_request
# without a lock (do_vmexit(), up to QEMU 10.1).  So now and then it loses the timer
# interrupt that another thread requests at that moment.  L1 would set its next timer in
# that interrupt, so L1 hangs until another device interrupts it.  A byte for its serial port
# is enough.
keep_awake() {
	echo >"$RUN/results.in"
}

# Ask L1 to end the scenario, and to send the results so far.
request_results() {
	echo x >"$RUN/results.in"
}

# serial_file FILE, serial_terminal: choose the place of L1's console
serial_file() {
	SERIAL=(-serial "file:$1")
}

serial_terminal() {
	SERIAL=(-serial mon:stdio)
	note "          Ctrl-A X ends QEMU"
}

# Wait until everything that L1 sent is in $RUN/results.
collect_results() {
	# Open the pipe once, so that the collector ends even if QEMU did not start.
	: <>"$RUN/results.out"
	wait "$COLLECTOR" || true
}

# Set CODE to the code with which L1's init ended; empty if L1 did not get there.
end_code() {
	CODE=
	((RUN_STATUS % 2 == 0)) || CODE=$(((RUN_STATUS - 1) / 2))
}

emulator_errors() {
	grep -v "TCG doesn't support" "$RUN/emulator.err" || true
}
