#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""exitledger export: no scrape has two samples with the same name and labels, whichever
options are combined.  The parser refuses such a scrape."""

import itertools
import os
import subprocess
import sys
import tempfile

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.."))
sys.dont_write_bytecode = True
sys.path[:0] = ["tests", "userspace/export/tests"]
import metrics  # noqa: E402
from exporter import BUILD, Exporter  # noqa: E402
from tap import done, ok  # noqa: E402

# The options that change the labels of series, or the set of series.
CHOICES = [
    ([], ["--by-vcpu"]),
    ([], ["--histograms", "vm"], ["--histograms", "none"]),
    ([], ["--max-vms", "2"]),
    ([], ["--created"]),
]
DURATION = "exitledger_exit_duration_seconds"


def sums(families, *labels):
    """Add up the histograms' counts of exits by some of their labels."""
    found = {}
    for sample in families[DURATION].samples:
        if sample.name == f"{DURATION}_count":
            key = tuple(sample.labels[label] for label in labels)
            found[key] = found.get(key, 0) + int(sample.value)
    return found


def scraped(run, options):
    """Scrape both formats; return the families of OpenMetrics, or what is wrong."""
    with Exporter("--replay", run, "--at-once", *options) as exporter:
        try:
            exporter.scrape()
            return exporter.scrape(True), ""
        except metrics.Wrong as wrong:
            return None, wrong


with tempfile.TemporaryDirectory(prefix="export-options-") as folder:
    recorded = os.path.join(folder, "run")
    subprocess.run([f"{BUILD}/tests/record_demo", "12", "-o", recorded, "--by", "port",
                    "--fast", "--off-cpu", "--slower-than", "1ms"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wanted = sums(scraped(recorded, [])[0], "reason")
    for choice in itertools.product(*CHOICES):
        given = sum(choice, [])
        named = " ".join(given) or "no option"
        scrape, why = scraped(recorded, given)
        ok(f"{named}: no series twice", scrape, why)
        if scrape and "none" not in given:
            ok(f"{named}: the histograms have all exits", sums(scrape, "reason") == wanted)
        if scrape and "vm" in given:
            vcpus = {"vcpu" in sample.labels for sample in scrape[DURATION].samples}
            ok(f"{named}: the label vcpu", vcpus == {"--by-vcpu" in given}, vcpus)
done()
