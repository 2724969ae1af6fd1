# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The loaded KVM: its kind, its users, and its replacement.  Sourced by
# install-modules.sh.

loaded_is_ours() {
	[[ -e $ROOT/sys/module/kvm/parameters/exit_stats ]]
}

# loaded_is_mixed: is our kvm.ko used by a vendor module that was built without counters?
loaded_is_mixed() {
	local module

	grep -qsx 0 "$ROOT/sys/module/kvm/parameters/exit_stats_isa" || return 1
	for module in kvm_amd kvm_intel; do
		[[ ! -d $ROOT/sys/module/$module ]] || return 0
	done
	return 1
}

# Set VENDOR to the vendor module for this processor.
find_vendor() {
	local flag

	for VENDOR in kvm_amd kvm_intel; do
		[[ ! -d $ROOT/sys/module/$VENDOR ]] || return 0
	done
	flag=$(grep -m 1 -owE 'svm|vmx' "$ROOT/proc/cpuinfo" || true)
	case $flag in
	svm) VENDOR=kvm_amd ;;
	vmx) VENDOR=kvm_intel ;;
	*) die "this processor has neither AMD-V nor VT-x, or the firmware has it off" ;;
	esac
}

describe_loaded() {
	local modes=('off' 'count' 'count and time' 'with histograms') who="may not" mode
	local parameters=$ROOT/sys/module/kvm/parameters vendor=''

	[[ -d $ROOT/sys/module/kvm ]] || {
		echo "no KVM"
		return
	}
	[[ ! -d $ROOT/sys/module/kvm_amd ]] || vendor=" and kvm_amd"
	[[ ! -d $ROOT/sys/module/kvm_intel ]] || vendor=" and kvm_intel"
	if [[ ! -e $ROOT/sys/module/kvm/refcnt ]]; then
		echo "kvm, a part of the kernel that cannot be replaced"
		return
	fi
	if ! loaded_is_ours; then
		echo "kvm$vendor without exit counters: the distribution's"
		return
	fi
	if loaded_is_mixed; then
		echo "kvm with exit counters, but ${vendor# and } without, so nothing is" \
			"counted: reload loads what belongs together"
		return
	fi
	mode=$(<"$parameters/exit_stats")
	! grep -qsx '[Y1]' "$parameters/exit_stats_leaves" || who=may
	echo "kvm$vendor with exit counters: exit_stats=$mode" \
		"(${modes[mode]:-unknown}); guests $who read them"
}

# loaded_id MODULE: print the build ID of a loaded module in hexadecimal.  It follows the
# note's header, which has 16 bytes.
loaded_id() {
	local note=$ROOT/sys/module/$1/notes/.note.gnu.build-id

	[[ ! -r $note ]] || od -An -v -t x1 -j 16 -- "$note" | tr -d ' \n'
}

# loaded_is_untried: did anchors place the hooks of the loaded modules, and did their
# books not balance in the lab yet?  Sets VENDOR.  lab/jobs/demo.sh writes the file
# 'balanced'; userspace/host/host.c reads it for the same question.
loaded_is_untried() {
	local kvm vendor

	grep -qsx '[1-9][0-9]*' "$ROOT/sys/module/kvm/parameters/exit_stats_by_anchors" || return 1
	for VENDOR in kvm_amd kvm_intel; do
		[[ ! -d $ROOT/sys/module/$VENDOR ]] || break
	done
	kvm=$(loaded_id kvm) || kvm=''
	vendor=$(loaded_id "$VENDOR") || vendor=''
	[[ -z $kvm || -z $vendor ]] ||
		! grep -qs "^$VENDOR $kvm $vendor " "$OURS/balanced"
}

# loaded_is_other_than FILE: is the loaded kvm.ko another than this file?  If both or
# neither are ours, compare their build IDs, if they have any.
loaded_is_other_than() {
	local note=$ROOT/sys/module/kvm/notes/.note.gnu.build-id tmp

	[[ -d $ROOT/sys/module/kvm && -r $1 ]] || return 1
	if loaded_is_ours; then
		[[ $1 == "$OURS"/* ]] || return 0
	else
		[[ $1 != "$OURS"/* ]] || return 0
	fi
	[[ -r $note && -n $(type -P objcopy) ]] || return 1
	tmp=$(mktemp -d) || return
	TEMPS+=("$tmp")
	decompress "$1" >"$tmp/module" 2>/dev/null || return
	objcopy -O binary --only-section=.note.gnu.build-id \
		"$tmp/module" "$tmp/note" 2>/dev/null &&
		! cmp -s -- "$note" "$tmp/note"
}

# --- who uses KVM ---

name_of() { # PID
	cat -- "$ROOT/proc/$1/comm" 2>/dev/null || echo "?"
}

# stop_of PID: print the command that ends the process, if it is part of a service of the
# system, and not of a user's session; the exporter's socket must be stopped, too, as it
# would start the exporter again
stop_of() {
	local unit

	unit=$(sed -n 's,^[^/]*/system\.slice/\(.*/\)\{0\,1\}\([^/]*\.service\).*,\2,p' \
		"$ROOT/proc/$1/cgroup" 2>/dev/null | head -n 1) || true
	[[ $unit != exitledger-export.service ]] || unit="exitledger-export.socket $unit"
	[[ -z $unit ]] || echo ": systemctl stop $unit"
}

# processes: print "PID WHAT" for each process that has KVM open
processes() {
	find "$ROOT"/proc/[0-9]*/fd -maxdepth 1 \( -lname 'anon_inode:kvm-v*' \
		-printf '%h runs a VM\n' -o -lname '/dev/kvm*' \
		-printf '%h has /dev/kvm open\n' -o -lname '/sys/kernel/debug/kvm/*-*/*' \
		-printf "%h reads a VM's statistics\n" \) 2>/dev/null |
		sed "s,^$ROOT/proc/\([0-9]*\)/fd ,\1 ," | sort -rn |
		awk '!seen[$1]++' || true
}

# vms: print the PIDs of the VMs' directories, PID-FD, which can outlive the processes
vms() {
	find "$ROOT/sys/kernel/debug/kvm" -mindepth 1 -maxdepth 1 -type d \
		-name '[0-9]*-*' -printf '%f\n' 2>/dev/null |
		sed 's/-.*//' | sort -un || true
}

# watchers: print each process with an attached BPF program or a tracepoint's event, as it
# may use KVM's tracepoints and so hold kvm.ko
watchers() {
	find "$ROOT"/proc/[0-9]*/fd -maxdepth 1 \( -lname 'anon_inode:bpf_link' \
		-o -lname 'anon_inode:bpf-link' -o -lname 'anon_inode:*perf_event*' \
		-o -lname 'anon_inode:bpf_raw_tracepoint' \) -printf '%h\n' 2>/dev/null |
		sed "s,^$ROOT/proc/\([0-9]*\)/fd,\1," | sort -un || true
}

# references_to_kvm: print the references to kvm.ko without those of other modules
references_to_kvm() {
	local count holders

	if [[ ! -d $ROOT/sys/module/kvm/holders ]]; then
		echo 0
		return 0
	fi
	count=$(cat "$ROOT/sys/module/kvm/refcnt" 2>/dev/null || echo 0)
	holders=$(find "$ROOT/sys/module/kvm/holders" -mindepth 1 2>/dev/null | wc -l)
	echo "$((count - holders))"
}

# users: print a line for each obstacle to unloading KVM
users() {
	local pid what listed=' ' holder count

	while read -r pid what; do
		listed+="$pid "
		echo "process $pid ($(name_of "$pid")) $what"
	done < <(processes)
	while read -r pid; do
		[[ $listed == *" $pid "* ]] ||
			echo "process $pid ($(name_of "$pid")) has a VM"
	done < <(vms)
	for holder in "$ROOT"/sys/module/{kvm,"$VENDOR"}/holders/*; do
		[[ -e $holder && ${holder##*/} != "$VENDOR" ]] || continue
		echo "module ${holder##*/}"
	done
	count=$(cat "$ROOT/sys/module/$VENDOR/refcnt" 2>/dev/null || echo 0)
	if [[ $count != 0 && $listed == ' ' ]]; then
		echo "$VENDOR is in use ($count), by whom cannot be seen"
	fi
	count=$(references_to_kvm)
	if ((count > 0)); then
		echo "kvm itself is in use ($count): something watches its tracepoints"
		while read -r pid; do
			echo "process $pid ($(name_of "$pid")) watches tracepoints," \
				"maybe kvm's$(stop_of "$pid")"
		done < <(watchers)
	fi
}

refuse_users() {
	local list

	list=$(users | sort -u)
	[[ -n $list ]] || return 0
	{
		echo "${0##*/}: KVM is in use, so it stays as it is; stop these first:"
		printf '%s\n' "$list" | sed 's/^/    /'
	} >&2
	exit 1
}

# --- parameters ---

# parameters: print "MODULE NAME=VALUE" for each readable parameter
parameters() {
	local module file

	for module in kvm "$VENDOR"; do
		for file in "$ROOT/sys/module/$module/parameters"/*; do
			# exit_stats_isa is set by the modules alone.
			[[ -r $file && $file != */exit_stats_isa ]] || continue
			printf '%s %s=%s\n' "$module" "${file##*/}" \
				"$(cat -- "$file" 2>/dev/null || true)"
		done
	done
}

# Print the parameters of $BEFORE that now have another value; not those that no longer
# exist.
changed_parameters() {
	awk '{ name = $0; sub(/=.*/, "", name) }
		NR == FNR { now[name] = $0; next }
		name in now && now[name] != $0' <(parameters) - <<<"$BEFORE"
}

# --- unloading and loading ---

# Run a program of ROOT: a test's programs never touch the real kernel.
kmod() { # PROGRAM ARGUMENT...
	local program=$ROOT/sbin/$1

	shift
	"$program" "$@"
}

unload() {
	local module

	for module in "$VENDOR" kvm; do
		[[ ! -d $ROOT/sys/module/$module ]] || kmod rmmod "$module" ||
			return 1
	done
}

# load CHANGED: load the modules that modprobe finds, with these parameters as well
load() {
	local module arguments

	for module in kvm "$VENDOR"; do
		mapfile -t arguments < <(sed -n "s/^$module //p" <<<"$1")
		kmod modprobe "$module" "${arguments[@]}" || return 1
	done
	[[ -d $ROOT/sys/module/$VENDOR ]]
}

# Load the distribution's modules instead of those that modprobe finds, with the options
# that modprobe has for them.
put_back() {
	local path arguments

	# shellcheck disable=SC2034 # install-modules.sh's
	UNDO=
	echo "${0##*/}: KVM could not be replaced; putting back what can be loaded" >&2
	unload >/dev/null 2>&1 || true
	while read -r _ path arguments; do
		# If our kvm.ko could not be unloaded, the vendor module must be ours, too.
		loaded_is_ours ||
			path=${path/"/updates/exitledger/"/"/kernel/arch/x86/kvm/"}
		[[ -e $path ]] || path=$(compgen -G "$path.*" || echo "$path")
		# $arguments has several words.  A loaded module is no failure.
		# shellcheck disable=SC2086
		kmod insmod "$path" $arguments 2>/dev/null || true
	done < <(kmod modprobe --ignore-install --show-depends "$VENDOR" |
		grep '^insmod ' || true)
	if [[ -d $ROOT/sys/module/$VENDOR ]]; then
		echo "${0##*/}: now loaded: $(describe_loaded)" >&2
	else
		echo "${0##*/}: that failed too: NO KVM IS LOADED; see dmesg" >&2
	fi
}

# If modprobe did not set parameters that somebody had set by hand, load KVM again with
# these; without them if that fails.
restore_parameters() {
	local changed

	changed=$(changed_parameters)
	[[ -n $changed ]] || return 0
	unload || return 1
	load "$changed" || {
		unload || return 1
		load '' || return 1
	}
	changed=$(changed_parameters)
	[[ -z $changed ]] ||
		note "warning: parameters that could not be set again:" \
			"${changed//$'\n'/, }"
}

cmd_reload() {
	local path

	find_release
	is_running || die "$KREL does not run, so it cannot load anything"
	need_root 'loading modules'
	need_kernel
	find_vendor
	[[ -e $ROOT/sys/module/kvm/refcnt || ! -d $ROOT/sys/module/kvm ]] ||
		die "KVM is built into this kernel, so it cannot be replaced"
	for path in "$(found kvm)" "$(found "$VENDOR")"; do
		[[ -f $path ]] || die "modprobe finds no kvm and $VENDOR of $KREL; run depmod"
	done
	refuse_users
	note "was loaded: $(describe_loaded)"
	BEFORE=$(parameters)
	UNDO=put_back
	unload || die "KVM cannot be unloaded"
	load '' || die "KVM cannot be loaded; see dmesg"
	restore_parameters || die "KVM cannot be loaded with the parameters it had"
	# shellcheck disable=SC2034
	UNDO=
	note "is loaded:  $(describe_loaded)"
	if [[ -d $OURS ]] && ! loaded_is_ours; then
		die "what was loaded is not ours, from $(found kvm)"
	fi
}
