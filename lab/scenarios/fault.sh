#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: exitledger guest
#
# With modules that count wrong: the status is compare's.
set -u

exitledger compare --json /results/books.json --guest-report /tmp/report.json \
	-- microguest --report /tmp/report.json \
	cpuid=1000 out=200 in=50 hlt=300 rdmsr=400 vmcall=500 \
	>/results/books.txt 2>&1
