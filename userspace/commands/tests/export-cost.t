#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The exporter's cost by number of VMs, each with 15 exit reasons.  The sizes of a scrape
and of the exporter's memory are the same on every machine and are checked.  CPU time is
reported, but checked only with CPU=1 in the environment, as the machine may be busy.

Of 10,000 VMs, some have no series of their own; the sums are exact all the same."""

import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.."))
sys.dont_write_bytecode = True
sys.path[:0] = ["tests", "userspace/export/tests"]
import metrics  # noqa: E402
from exporter import BUILD, EXITLEDGER, OPEN, Exporter  # noqa: E402
from tap import done, ok  # noqa: E402

SCRAPES = 10
# Limits by number of VMs: series, kB of a compressed scrape, MB of memory, ms of CPU
# time.
LIMITS = {
    100: (3600, 25, 32, 10),
    1000: (32500, 250, 64, 30),
    10000: (65000, 500, 256, 60),
}
DIRECTORY = tempfile.TemporaryDirectory(prefix="export-cost-")
os.chmod(DIRECTORY.name, 0o755)


def cpu_ms(exporter):
    """Return the CPU time that the exporter has used, by the scheduler's count."""
    with open(f"/proc/{exporter.process.pid}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[0]) / 1e6


def scrape(exporter):
    """Scrape as Prometheus does, and return the compressed body."""
    status, headers, body = exporter.ask(Accept=OPEN, Accept_Encoding="gzip")
    assert status == 200 and headers["Content-Encoding"] == "gzip", (status, headers)
    return body


def recorded(vms):
    """Record a run of this number of VMs."""
    path = os.path.join(DIRECTORY.name, f"{vms}.exits")
    subprocess.run([f"{BUILD}/tests/fleet_demo", path, str(vms), "2"], check=True)
    return path


def exits_by_reason(families):
    """Return {reason: exits} of all VMs together."""
    sums = Counter()
    for sample in metrics.series(families, "exitledger_exits").values():
        sums[sample.labels["reason"]] += int(sample.value)
    return sums


def replayed(path):
    """Return {reason: exits} of a run, from 'replay --json'."""
    line = subprocess.run([EXITLEDGER, "replay", path, "--json", "-i", "0"], check=True,
                          stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1]
    sums = Counter()
    for vm in json.loads(line)["vms"]:
        for reason in vm["reasons"]:
            sums[reason["name"]] += reason["exits"]
    return sums


def look(vms, limits):
    """Check the cost for one number of VMs."""
    path = recorded(vms)
    with Exporter("--replay", path, "--at-once") as exporter:
        scrape(exporter)
        used = -cpu_ms(exporter)
        for _ in range(SCRAPES):
            # Scrapes more than half a second apart are rendered anew.
            time.sleep(0.55)
            body = scrape(exporter)
        used = (used + cpu_ms(exporter)) / SCRAPES
        resident = int(exporter.status()["VmRSS"].split()[0]) / 1024
    text = gzip.decompress(body).decode()
    series = sum(not line.startswith("#") for line in text.splitlines())
    print(f"# {vms} VMs: {series} series, {len(text) / 1e6:.2f} MB, compressed "
          f"{len(body) / 1e3:.0f} kB; {resident:.0f} MB resident; {used:.1f} ms of processor "
          "time a scrape")
    for what, value, limit in (("series", series, limits[0]), ("kB", len(body) / 1e3, limits[1]),
                               ("MB of memory", resident, limits[2])):
        ok(f"{vms} VMs: no more than {limit} {what}", value <= limit, value)
    if os.environ.get("CPU"):
        ok(f"{vms} VMs: no more than {limits[3]} ms a scrape", used <= limits[3], used)
    wanted, given = replayed(path), exits_by_reason(metrics.parse(text, True))
    ok(f"{vms} VMs: every exit is in a series", wanted and wanted == given, wanted - given)


for number, most in LIMITS.items():
    look(number, most)
done()
