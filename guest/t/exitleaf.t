#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The guest's programs where there is nothing to read or to run on.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=userspace/t/tap.sh
. userspace/t/tap.sh

exitleaf=${BUILD:-build}/guest/exitleaf
microguest=${BUILD:-build}/guest/microguest

for program in "$exitleaf" "$microguest"; do
	name=$(basename "$program")
	run "$program" --help
	ok "$name --help" status_is 0
	run "$program" --version
	ok "$name --version" out_has "$name "
	run "$program" --no-such-option
	ok "$name: an unknown option" status_is 64
	run ldd "$program"
	ok "$name is static" grep -q 'not a dynamic executable' \
		"$tap_dir/err" "$tap_dir/out"
done

run "$exitleaf" argument
ok 'exitleaf takes no arguments' status_is 64
run "$microguest" jump=3
ok 'microguest: no such work' status_is 64
run "$microguest" cpuid=many
ok 'microguest: no number' status_is 64
run "$microguest" cpuid=-3
ok 'microguest: a negative number' status_is 64
run "$microguest" --vcpus 0
ok 'microguest --vcpus 0' status_is 64

# Under an unpatched KVM, on hardware and elsewhere, the leaves are not there.
run "$exitleaf"
if [ "$status" -eq 0 ]; then
	skip 'no leaves' 'a machine whose hypervisor has no exit counters'
else
	ok 'no leaves: status' status_is 2
	ok 'no leaves: one line' one_err_line
	ok 'no leaves: nothing on standard output' [ -z "$out" ]
fi

if [ -e /dev/kvm ]; then
	skip 'no /dev/kvm' 'a machine without /dev/kvm'
else
	run "$microguest" cpuid=1
	ok 'no /dev/kvm: status' status_is 1
	ok 'no /dev/kvm: one line' one_err_line
	ok 'no /dev/kvm: named' err_has /dev/kvm
fi

done_testing
