#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: exitledger guest stock host
#
# exitledger bench, with L0's perf, bpftrace and trace-cmd as peers: what an exit is
# on the distribution's modules (/results/stock.json), then all configurations on
# ours (bench.json), then some of ours once more, with the first of KINDS
# (again.json).
#
# KINDS: of exits; all unless said.  CONFIGS: of bench; all unless said.  ROUNDS
# and LAPS.  NOW: today, in seconds since 1970.  QUICK: bench.json alone.
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

# A program of L0's, under its own name.
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

# bench NAME OPTION...: /results/NAME.json, NAME.txt
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
# Where L0's programs find it, too.
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
