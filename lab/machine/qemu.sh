# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
#
# L1 on QEMU: an emulated AMD host, or this machine's own virtualization.  What
# l1.sh calls of an emulator; sourced by it, after payload.sh.

EMULATOR=QEMU
DEFAULT_TIMEOUT=600
L2_SETTINGS=()
GRACE=30		# seconds that L1 has to send what there is when it is late
BEAT=			# seconds from one keep_awake to the next; empty: never

find_emulator() {
	need qemu-system-x86_64
}

# One thread, also for several CPUs: with more, QEMU's emulator panics Linux now
# and then when tracepoints are switched.
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
		MACHINE+=(-accel tcg,thread=single)
		BEAT=2
	fi
	MACHINE+=(-cpu EPYC,+svm,+npt)
}

# start_l1 PREFIX...: becomes the emulator
start_l1() {
	local append="console=ttyS0 quiet mitigations=$MITIGATIONS tsc=reliable no_timer_check"

	exec "$@" "$QEMU" "${MACHINE[@]}" \
		-kernel "$KVMLINUX" -initrd "$RUN/initrd" \
		-append "$append panic=-1" \
		"${SERIAL[@]}" -serial "pipe:$RUN/results"
}

# At each exit of an SVM guest, QEMU's emulator clears a bit of its interrupt_request
# without a lock (do_vmexit(), up to QEMU 10.1), and so it loses, now and then, the timer
# interrupt that another thread requests at that moment.  L1's next one would come from
# there, so L1 hangs, until any other device has an interrupt for it: as its serial
# port has, for a byte.
keep_awake() {
	echo >"$RUN/results.in"
}

# Have L1 end the scenario, and send what results there are.
request_results() {
	echo x >"$RUN/results.in"
}

# serial_file FILE, serial_terminal: where L1's console is
serial_file() {
	SERIAL=(-serial "file:$1")
}

serial_terminal() {
	SERIAL=(-serial mon:stdio)
	note "          Ctrl-A X ends QEMU"
}

# Waits until all that L1 sent is in $RUN/results.
collect_results() {
	# A QEMU that did not start has not opened it.
	: <>"$RUN/results.out"
	wait "$COLLECTOR" || true
}

# Sets $CODE to what L1's init ended with; empty if it did not come to that.
end_code() {
	CODE=
	((RUN_STATUS % 2 == 0)) || CODE=$(((RUN_STATUS - 1) / 2))
}

emulator_errors() {
	grep -v "TCG doesn't support" "$RUN/emulator.err" || true
}
