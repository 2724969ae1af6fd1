# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
#
# Runs L1 on Bochs, which emulates an Intel host.  l1.sh sources either this file or qemu.sh
# after payload.sh; both define the same functions.

# shellcheck source=lab/setup/image.sh
. "$LAB/setup/image.sh"
EMULATOR=Bochs
DEFAULT_TIMEOUT=1800
STOP_SIGNAL=USR1	# Debian's Bochs ignores the signals that usually end a program
GRACE=0			# L1 cannot be asked for results: its ports only write files
BEAT=			# L1 need not be kept awake: Bochs has one thread, and loses no interrupt
BOCHS_FILES=(/usr/share/bochs/BIOS-bochs-latest
	/usr/share/bochs/VGABIOS-lgpl-latest)

# Bochs runs some 100 million instructions per second.  So a Linux on it leaves out parts
# on which nothing depends: self-tests, certificates, names in the formats of
# tracepoints, and page tables that are split to make code read-only.
SPARING="nokaslr tsc=reliable rodata=off cryptomgr.notests \
initcall_blacklist=load_system_certificate_list,init_kprobe_trace,\
trace_eval_init,cubictcp_register,init_evm"
L2_SETTINGS=("L2_APPEND=$SPARING i8042.nokbd i8042.noaux" L2_TIMEOUT=600)

# With reboot=t a panic, or a reset, ends Bochs.
BOCHS_APPEND="console=ttyS0,115200 quiet mitigations=off nosmp panic=-1 \
reboot=t"

# Set BOCHS to the program that is built here or, if its source cannot be fetched, to Debian's,
# which is slower.
find_bochs() {
	local status=0

	BOCHS=$BUILD/bochs/bochs SCREEN=nogui
	"$LAB/setup/build-bochs.sh" || status=$?
	((status == 0)) && return 0
	((status == 4)) || exit "$status"
	need bochs-bin
	BOCHS=$(type -P bochs-bin) SCREEN=term
	note "          Debian's own Bochs is used, which takes more than twice as long"
}

find_emulator() {
	local file

	find_bochs
	for file in "${BOCHS_FILES[@]}"; do
		[[ -e $file ]] || die "no $file; lab/setup/deps.sh intel installs it"
	done
	[[ -z $ICOUNT && $CPUS == 1 && $MITIGATIONS == off ]] ||
		die "--icount, --cpus and --mitigations are for the AMD host"
}

# --- the disk that Bochs boots from ---

# kernel_layout: set LOAD_AT, LOAD_END and PVH_ENTRY from the kernel's ELF
kernel_layout() {
	local word loads at size

	LOAD_AT='' LOAD_END=0
	loads=$(readelf -lW "$KVMLINUX" | grep '^ *LOAD ')
	while read -r _ _ _ at _ size _; do
		: "${LOAD_AT:=$((at))}"
		((at + size <= LOAD_END)) || LOAD_END=$((at + size))
	done <<<"$loads"
	word=$(pvh_entry "$KVMLINUX")
	read -r -a word <<<"$word"
	[[ -n $LOAD_AT && ${#word[@]} -ge 4 ]] ||
		die "$(rel "$KVMLINUX") has no PVH entry"
	PVH_ENTRY=0x${word[3]}${word[2]}${word[1]}${word[0]}
}

# pad FILE SIZE: extend the file to a multiple of SIZE
pad() {
	truncate -s "%$2" "$1"
}

# disk_size CHUNKS: print the size of the disk in bytes.  The boot sector reads whole chunks,
# and the disk must have whole cylinders.
disk_size() {
	local cylinder=$((512 * 63 * 16))

	echo $(((4096 + $1 * 32768 + cylinder - 1) / cylinder * cylinder))
}

# Make the boot sector, and the data that it loads in one piece: the kernel as it is in
# memory, the page of the command line, and the initrd.
make_disk() { # DISK
	local cmdline size chunks

	kernel_layout
	objcopy -O binary "$KVMLINUX" "$RUN/kernel"
	truncate -s $((LOAD_END - LOAD_AT)) "$RUN/kernel"
	pad "$RUN/kernel" 4096
	cmdline=$((LOAD_AT + $(stat -c %s "$RUN/kernel")))
	printf '%s\0' "$BOCHS_APPEND $SPARING" >"$RUN/cmdline"
	pad "$RUN/cmdline" 4096
	size=$((cmdline + 4096 + INITRD_SIZE - LOAD_AT))
	((LOAD_AT + size < MEMORY << 20)) ||
		die "L1 does not fit into --memory $MEMORY"
	chunks=$(((size + 32767) / 32768))
	as --32 -o "$RUN/boot.o" --defsym LOAD="$LOAD_AT" \
		--defsym CHUNKS="$chunks" \
		--defsym ENTRY="$PVH_ENTRY" --defsym CMDLINE="$cmdline" \
		--defsym INITRD=$((cmdline + 4096)) \
		--defsym INITRD_SIZE="$INITRD_SIZE" \
		--defsym MEMORY=$((MEMORY << 20)) "$LAB/machine/bochs/boot.s"
	ld -m elf_i386 -Ttext=0x7c00 --oformat binary -o "$1" "$RUN/boot.o"
	pad "$1" 4096
	cat -- "$RUN"/{kernel,cmdline,initrd} >>"$1"
	truncate -s "$(disk_size "$chunks")" "$1"
	rm -f -- "$RUN"/{kernel,cmdline,initrd,boot.o}
}

# Make the disk and Bochs' configuration.  If MEMORY was not given, choose it: the initrd needs
# room twice, because L1 unpacks it, and its programs need room to run.
machine() {
	ON="an emulated Intel host"
	INITRD_SIZE=$(stat -c %s "$RUN/initrd")
	: "${MEMORY:=$((192 + ((INITRD_SIZE >> 20) * 3 / 64 + 1) * 64))}"
	make_disk "$RUN/disk"
	sed "s/@MEMORY@/$MEMORY/g; s/@TIME@/$EPOCHSECONDS/; s/@SCREEN@/$SCREEN/" \
		"$LAB/machine/bochs/bochsrc" >"$RUN/bochsrc"
	# Debian's Bochs stops in its debugger before the first instruction.
	echo c >"$RUN/debugger"
	: >"$RUN/results"
}

# start_l1 PREFIX...: replace this process by the emulator
start_l1() {
	local words=(-q -f bochsrc)

	cd -- "$RUN" || exit
	# Debian's Bochs reads commands for its debugger, and its screen is a terminal, whose
	# type must be known.
	[[ $SCREEN == nogui ]] || words+=(-rc debugger)
	TERM=vt100 exec "$@" "$BOCHS" "${words[@]}" >bochs.out
}

# serial_file FILE, serial_terminal: choose the place of L1's console
serial_file() {
	ln -s -- "$1" "$RUN/console"
}

serial_terminal() {
	[[ -t 0 ]] || die "--shell needs a terminal"
	sed -i "s,^com1:.*,com1: enabled=1\, mode=term\, dev=$(tty)," \
		"$RUN/bochsrc"
}

request_results() {
	:
}

# Wait until everything that L1 sent is in $RUN/results: nothing to do, as Bochs itself writes
# the file.
collect_results() {
	:
}

# Set CODE to the code with which L1's init ended; empty if L1 did not get there.  The exit
# status of Bochs is always 1, so the code is taken from the last line that L1 wrote.
end_code() {
	CODE=
	((RUN_STATUS == 1)) || return 0
	# shellcheck disable=SC2153 # l1.sh and judge.sh set these.
	if ((${#CODES[@]} == COUNT)) || [[ $LAST_CODE == "$STATUS_SETUP" ]]; then
		CODE=$LAST_CODE
	fi
}

emulator_errors() {
	grep -a PANIC "$RUN/bochs.log" || true
	grep -v '^ALSA lib\|^[0-9]*[a-z]\[\|^$' "$RUN/emulator.err" || true
}
