#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs a short form of make boot-study: a boot and the workloads on the AMD host.  Also checks
# the published page in docs.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

build=${BUILD:-build}
results=$build/results/t-boot-study
tap_evidence=("$results"/{console.txt,nested.console,work.txt,work.console})
study() { lab/study/study.py "$build/bin/exitledger" "$@"; }

# page_is FILE: check that the page's tables add up and its pictures exist
page_is() {
	python3 - "$1" <<-'END'
		import os, re, struct, sys

		text = open(sys.argv[1]).read()
		numbers = lambda row: [int(c.replace(",", "")) for c in row if re.fullmatch(r"[\d,]+", c)]
		rows = [[c.strip() for c in line.strip("|\n").split("|")]
			for line in text.splitlines() if line.startswith("| ")]
		assert all(len(line) <= 80 for line in text.splitlines()), "wide"
		# Each table of reasons ends with its total.
		sums, totals = None, []
		for row in rows:
		    if row[0] in ("reason", "reasons"):
		        sums = [0] * (1 if row[0] == "reason" else len(row) - 1)
		    elif row[0] == "total":
		        assert numbers(row) == sums, (row, sums)
		        totals += sums
		        sums = None
		    elif sums is not None:
		        sums = [a + b for a, b in zip(sums, numbers(row), strict=True)]
		assert totals and sums is None
		# The totals equal those of the boots.
		boots = [row for row in rows if row[0] in ("AMD", "Intel") and len(row) == 5]
		assert {numbers(row)[1] for row in boots} >= set(totals), (boots, totals)
		assert all(0 < numbers(row)[0] <= numbers(row)[1] for row in boots)
		# The console has the same numbers as the recording and as the rows above.
		marks = [row for row in rows if row[0] in ("AMD", "Intel") and len(row) == 6]
		assert all(row[3] == row[4] and row[5] == "0" for row in marks), marks
		told = [row[3] for row in marks if row[2] == "login prompt"]
		assert sorted(told) == sorted(row[2] for row in boots), (told, boots)
		# Each host has a picture with a chart of each boot that it shows.
		pictures = re.findall(r"\((boot-study-\w+\.png)\)", text)
		assert pictures == [f"boot-study-{vendor.lower()}.png"
				    for vendor in dict.fromkeys(row[0] for row in boots)]
		for picture in pictures:
		    path = os.path.join(os.path.dirname(sys.argv[1]), picture)
		    with open(path, "rb") as file:
		        head = file.read(24)
		    assert head[:8] == b"\x89PNG\r\n\x1a\n", head
		    vendor = {"amd": "AMD", "intel": "Intel"}[picture[11:-4]]
		    charts = [row[1] for row in boots if row[0] == vendor and "log" not in row[1]]
		    width, height = struct.unpack(">II", head[16:])
		    assert width == 920 and height > 600 * len(charts), (picture, height, charts)
		    assert 20000 < os.path.getsize(path) < 200000, picture
	END
}

run make -s -n boot-study VENDORS=amd
ok 'make boot-study is this' out_has 'lab/jobs/boot-study.sh --vendors "amd"'
run lab/jobs/boot-study.sh --vendors via
ok 'a vendor that there is not' status_is 64
run env BUILD="$tap_dir" lab/jobs/boot-study.sh --again --out "$tap_dir"
ok '--again, and nothing is there: status' status_is 3
ok '--again, and nothing is there: one line' one_err_line
run page_is docs/boot-study.md
ok 'the page in docs adds up' status_is 0

run lab/machine/l1.sh --vendor amd --tcg --out "$results" lab/scenarios/boot-study.sh \
	RUNS='nested work'
ok 'the scenario ran to its end' status_is 0
run study "$tap_dir" "amd=$results"
ok 'its page is written' status_is 0
run page_is "$tap_dir/boot-study.md"
ok 'it adds up' status_is 0

run "$build/bin/exitledger" report "$results/nested.exits"
ok 'the boot: thousands of exits' grep -qE '^total +[0-9]+,[0-9]{3} exits' \
	"$tap_dir/out"
ok 'the boot: the intervals add up' out_has "add up to BPF's own sums"
# The first exit and the first I/O exit may be in the interval in which the VM began.
ok 'the boot: the phases, in order' [ "$(sed -n \
	's/^from [0-9.]* s  //p' "$tap_dir/out" | grep -v '^first' |
	sed 's/, and [12] more$//' | paste -sd '|')" = \
	"the start|began: nested|the kernel's first line|guest: init runs|guest: services run|guest: login prompt|ended: nested" ]
ok 'the boot: began, first exit, first I/O, each at its own time' python3 - \
	"$results/nested.exits" <<-'END'
	import sqlite3, sys
	run = sqlite3.connect(sys.argv[1])
	at = dict(run.execute("SELECT kind, at_ns FROM mark WHERE vm = 1"))
	assert at["created"] < at["first-exit"] < at["first-io"] < at["ended"], at
END
ok 'the boot: the guest was told what was recorded, exactly' out_has \
	"at 3 of 3 marks exactly"
run "$build/bin/exitledger" compare --replay "$results/nested.exits"
ok 'the boot: as compare judges it: status' status_is 0
ok 'the boot: its three totals' out_has 'checked  3 counts ('
ok 'the boot: the last is the same to the exit' grep -qE \
	'^total +([0-9,]+) +\1 +0 100.0 % +-$' <<<"$out"
told=$(sed -n "s/^marked 'login prompt', \([0-9]*\) exits.*/\1/p" \
	"$results/nested.console" | tr -d '\r')
ok 'the boot: said so' grep -qE "^\| AMD +\| NPT +\| +$told " \
	<(tr -d , <"$tap_dir/boot-study.md")

# Each workload was judged in the guest; the known counts are checked once more here.
mapfile -t workloads < <("$build/guest/exitwork" --list |
	sed -n 's/^\([a-z0-9_]*\):.*/\1/p')
ok 'there are workloads' [ "${#workloads[@]}" -ge 10 ]
for workload in "${workloads[@]}"; do
	ok "exitwork $workload: the exits are those that are expected" \
		grep -qx "$workload: status 0" <(tr -d '\r' <"$results/work.console")
done
ok 'exitwork: counts that are known, and their books' python3 - \
	"$results/work.json" <<-'END'
	import json, sys
	works = {w["workload"]: w for w in map(json.loads, filter(str.strip, open(sys.argv[1])))}
	def of(workload, reason):
	    return {r["name"]: r["exits"] for r in works[workload]["reasons"]}.get(reason, 0)
	assert of("cpuid", "CPUID") == works["cpuid"]["operations"] == 1000
	assert of("vmcall", "VMMCALL") == 1000
	assert 1000 <= of("in", "IOIO") < 1100 <= 1000 + of("rdmsr", "MSR") < 2500
	assert of("disk", "NPF") >= 200 and of("rdtsc", "RDTSC") == 0
	assert works["rdtsc"]["exits"] < 1000 and of("invlpg", "INVLPG") == 0
	for work in works.values():
	    assert sum(r["exits"] for r in work["reasons"]) <= work["exits"] + 200, work
END
ok "exitwork: KVM's counts are BPF's" grep -q '^verdict  BALANCED' \
	"$results/work.txt"

done_testing
