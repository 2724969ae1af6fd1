#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: exitledger guest stock host
#
# Runs exitledger bench, with L0's perf, bpftrace and trace-cmd as peers: the cost of an
# exit on the distribution's modules (/results/stock.json), then all configurations on our
# modules (bench.json), then some configurations of ours again, with the first of KINDS
# (again.json).
#
# KINDS: kinds of exits; default: all.  CONFIGS: bench's configurations; default: all.
# ROUNDS, LAPS: as bench's options.  NOW: the current time in seconds since 1970.
# QUICK: make only bench.json.
set -u
: "${KINDS:=}" "${CONFIGS:=ours,peers}" "${ROUNDS:=2}" "${LAPS:=5}" "${QUICK:=}"

fail() {
	echo "[LAB] $*"
	exit 1
}

load() {
	if ! rmmod kvm-amd kvm || ! insmod "$1/kvm.ko" ||
		! insmod "$1/kvm-amd.ko"; then
		fail "cannot load the modules in $1"
	fi
}

# Make a program of L0 available under its own name.
add_peer() {
	for dir in usr/bin usr/sbin; do
		[ -x "/host/$dir/$1" ] || continue
		{
			echo '#!/bin/sh'
			echo "exec chroot /host /usr/bin/env PATH=/usr/sbin:/usr/bin:/sbin:/bin $1" '"$@"'
		} >"/bin/$1"
		chmod +x "/bin/$1"
	done
}

# bench NAME OPTION...: write /results/NAME.json and NAME.txt
bench() {
	name=$1
	shift
	echo "[LAB] $name"
	# shellcheck disable=SC2086 # KINDS is a list
	{
		exitledger bench --progress --microguest /tmp/microguest \
			--rounds "$ROUNDS" --laps "$LAPS" \
			--json "/results/$name.json" "$@" $KINDS \
			2>&1 >"/results/$name.txt"
		echo $? >/tmp/status
	} | while read -r line; do echo "[LAB] $line"; done
	[ "$(cat /tmp/status)" = 0 ] || fail "bench failed"
}

[ -z "${NOW:-}" ] || date -s "@$NOW" >/dev/null
# In /tmp, L0's programs find microguest, too: /host/tmp is the same folder.
cp /bin/microguest /tmp/
for program in perf bpftrace trace-cmd kvmexit-bpfcc; do
	add_peer "$program"
done
if [ -z "$QUICK" ]; then
	load /modules/stock
	bench stock --config nothing
	load /modules
fi
bench bench --config "$CONFIGS"
if [ -z "$QUICK" ]; then
	KINDS=${KINDS%% *}
	bench again --config kernel_count,kernel_time,count_btf,hist_btf,both
fi
exit 0
