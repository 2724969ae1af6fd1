#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests exitledger advise on real guests: a rule fires while the guest or the host does what
# the rule describes, and no longer after the advised change.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

build=${BUILD:-build}
results=$build/results/t-advise
tap_evidence=("$results"/{console.txt,console})

# state NAME RULE: print a rule's state in a run
state() {
	"$build/bin/exitledger" advise "$results/$1.exits" --json | python3 -c '
import json, sys
print(*(rule["state"] for rule in json.load(sys.stdin)["rules"]
        if rule["id"] == sys.argv[1]))' "$2"
}
is() { [ "$(state "$1" "$2")" = "$3" ]; }
found() {
	"$build/bin/exitledger" advise "$results/$1.exits" --json | python3 -c '
import json, sys
print(*(rule["id"] for rule in json.load(sys.stdin)["rules"] if rule["state"] == "found"))'
}

run lab/machine/l1.sh --tcg --vendor amd --timeout 900 --out "$results" \
	lab/scenarios/advise.sh
ok 'the scenario ran to its end' status_is 0

# An idle guest with a good clock gets no advice, whatever keys were recorded.
ok "an idle guest: nothing is found, by port" [ -z "$(found idle)" ]
ok "an idle guest: nothing is found, by address" [ -z "$(found idle-mmio)" ]
while read -r rule sick well; do
	ok "$rule: fires in $sick" is "$sick" "$rule" found
	ok "$rule: is silent in $well" is "$well" "$rule" silent
done <<'END'
clock-ports acpi_pm idle
clock-hpet hpet idle-mmio
halt-polling polling idle
slow-io serial idle
cpuid cpuid idle
preempted preempted alone
END
ok 'the clock that is found is the one that it was' python3 - \
	<("$build/bin/exitledger" advise "$results/acpi_pm.exits" --json) <<'EOT'
import json, sys
rules = {rule["id"]: rule for rule in json.load(open(sys.argv[1]))["rules"]}
finding = rules["clock-ports"]["findings"][0]
sys.exit(not (finding["items"][0]["key_name"] == "ACPI PM timer"
              and finding["items"][0]["exits"] > 0.9 * finding["exits"]))
EOT

done_testing
