#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The oldest kernels: README and the manual pages name the same ones as the messages.
set -euo pipefail
cd "$(dirname "$0")/../../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

version() {
	sed -nE "s/^#define $1 \"([0-9]+\.[0-9]+)\"\$/\1/p" userspace/host/kernel_needs.h
}
least=$(version KERNEL_LEAST)
no_capability=$(version KERNEL_FOR_NO_CAPABILITY)
ok 'there is an oldest kernel' [ -n "$least" ]
ok 'there is a kernel that needs no capability' [ -n "$no_capability" ]

for page in README.md docs/exitledger-{doctor,monitor}.1.rst; do
	ok "$page: the oldest kernel" grep -qF "Linux $least" "$page"
done
# Not every kernel that should work was tried.  The pages name the oldest one that was tried
# and works.
# series WORD: print the series in whose rows the word is, the oldest first
series() {
	sed -nE "s/^\| ([0-9]+\.[0-9]+) .*\b$1\b.*/\1/p" docs/kernels.md | sort -V
}
tried=$(series exact | head -n 1)
ok 'there is an oldest kernel that was tried and works' [ -n "$tried" ]
names_tried() { # PAGE; its sentences may be broken at any word
	tr -s '\n ' ' ' <"$1" | grep -qE "oldest kernel on which it was tried and works is $tried\b"
}
for page in docs/exitledger-{doctor,monitor}.1.rst; do
	ok "$page: the oldest kernel that was tried and works" names_tried "$page"
done
for refused in $(series refused); do
	ok "$refused, which is refused, is older than the oldest" [ "$(
		printf '%s\n' "$refused" "$least" | sort -V | head -n 1)" != "$least" ]
	ok "$refused, which is refused: doctor's page says so" grep -qF \
		"$refused was tried and is refused" docs/exitledger-doctor.1.rst
done

newest=$(series exact | tail -n 1)
names_newest() { tr -s '\n ' ' ' <"$1" | grep -qF "the newest $newest;"; }
ok 'the newest kernel that was tried' names_newest docs/exitledger-doctor.1.rst

# The only versions 5.x that the pages name are KERNEL_FOR_NO_CAPABILITY and those that are
# refused.  A number with a unit, such as in the output of an example, is no version.
known=$({
	printf '%s\n' "$no_capability"
	series refused
} | paste -sd'|')
others() {
	grep -nP '\b5\.[0-9]{2}\b(?! ([mun]?s|%))' README.md docs/exitledger-*.rst |
		grep -vE "\b(${known//./\\.})\b" || true
}
run others
ok 'no page names another kernel' [ -z "$out" ]
in_messages() {
	grep -nE '"[^"]*\b5\.[0-9]+\b' userspace/*/*.c userspace/report/page/*.c || true
}
run in_messages
ok 'no message has a number of its own' [ -z "$out" ]

done_testing
