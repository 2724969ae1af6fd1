#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: exitledger guest floor stock
#
# TSC cycles of an exit, on stock modules: with nothing, with empty BPF programs,
# with the observer: /results/CONFIGURATION, a lap of 100 exits per line.
set -u

fail() {
	echo "[LAB] $*"
	exit 1
}

load_stock() {
	vendor=kvm-amd
	grep -qw vmx /proc/cpuinfo && vendor=kvm-intel
	if ! rmmod "$vendor" kvm || ! insmod /modules/stock/kvm.ko ||
		! insmod "/modules/stock/$vendor.ko"; then
		fail "cannot load the stock modules"
	fi
}

LAPS=${LAPS:-100}
KIND=${KIND:-cpuid}

# measure NAME [PREFIX...]: the same guest, under what observes it
measure() {
	name=$1
	shift
	echo "[LAB] $name"
	"$@" microguest --laps "$LAPS" --cycles "/results/$name" \
		--report "/tmp/$name.json" "$KIND=100" >"/tmp/$name.out" ||
		fail "$name: microguest failed"
}

# watched NAME OPTION...: under exitledger monitor, which must have counted all
watched() {
	name=$1
	shift
	measure "$name" exitledger monitor -i 0 --json "$@" --
	cp "/tmp/$name.out" "/results/$name.json"
}

load_stock
measure none1
measure floor_exit floor tp_btf exit
measure floor_pair floor tp_btf pair
measure floor_raw floor raw_tp pair
measure floor_tp floor tp pair
watched count --count-only --attach tp_btf
watched time --attach tp_btf
watched count_raw --count-only --attach raw_tp
watched time_raw --attach raw_tp
watched count_tp --count-only --attach tp
watched time_tp --attach tp
measure none2
exit 0
