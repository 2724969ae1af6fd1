#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""usage: engines.py

Measures what a scrape of 1,000 VMs takes, as a client and as Prometheus see it, and has
VictoriaMetrics scrape a fleet of 100 hosts: every query of every panel must have a series, and
vmalert must evaluate the rules.  The times mean something on an idle machine only.

Exit status: 0; 1 if a query had no series, or a scrape took longer than it may; 3 if an
engine is missing.
"""

import os
import statistics
import sys
import tempfile
import threading
import time

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
sys.dont_write_bytecode = True
sys.path[:0] = ["tests", "userspace/export/tests", "fleet", "fleet/tests"]
import subprocess  # noqa: E402

from exporter import BUILD, OPEN, Exporter  # noqa: E402
from fleet import RULES, Fleet, panel_queries, program, read, until  # noqa: E402

VMS, HOSTS, SCRAPES = 1000, 100, 20
# Seconds that a scrape of VMS may take, for a client and for Prometheus, which also reads the
# samples and stores them.
MOST, MOST_PROMETHEUS = 0.050, 0.3
STATUS = 0


def told(text, good):
    """Print a result; remember if it is not good."""
    global STATUS  # pylint: disable=global-statement
    print(f"{'ok   ' if good else 'WRONG'} {text}", flush=True)
    STATUS = STATUS if good else 1


def spread(seconds):
    """Return the median and the range of durations, in ms."""
    low, middle, high = (1000 * x for x in (min(seconds), statistics.median(seconds),
                                            max(seconds)))
    return f"{middle:.0f} ms ({low:.0f} to {high:.0f} ms, {len(seconds)} scrapes)"


class LargeHost(Fleet):
    """One host with VMS virtual machines, which Prometheus scrapes every 2 s."""

    def __init__(self, directory):
        super().__init__(1, directory, interval=2)

    def _record(self, host):
        run = os.path.join(self.directory, f"{host}.exits")
        subprocess.run([f"{BUILD}/tests/fleet_demo", run, str(VMS), "200"], check=True)
        return run


class Victoria(Fleet):
    """A fleet that VictoriaMetrics scrapes, with vmalert for the rules."""

    def _start_engine(self, config):
        # It knows no rules, and vmalert has no configuration but them.
        text = read(config).replace('"rule_files": ["rules.yml", "alerts.yml"],', "")
        text = text.replace(', "evaluation_interval": "5s"', "")
        with open(config, "w", encoding="utf-8") as file:
            file.write(text)
        self.start(program("victoria-metrics"), f"-promscrape.config={config}",
                   f"-storageDataPath={os.path.join(self.directory, 'data')}",
                   "-search.latencyOffset=5s", f"-httpListenAddr=127.0.0.1:{self.port}")
        self.start(program("vmalert"), f"-datasource.url={self.url}",
                   f"-remoteWrite.url={self.url}", "-notifier.url=http://127.0.0.1:9",
                   "-httpListenAddr=127.0.0.1:0", "-evaluationInterval=5s",
                   *(f"-rule={os.path.join(self.directory, os.path.basename(rules))}"
                     for rules in RULES))


def client(directory):
    """A client scrapes as Prometheus does; ten at once share a collection."""
    run = os.path.join(directory, "vms.exits")
    subprocess.run([f"{BUILD}/tests/fleet_demo", run, str(VMS), "2"], check=True)
    with Exporter("--replay", run, "--at-once") as exporter:
        def scrape():
            began = time.monotonic()
            status, _, body = exporter.ask(Accept=OPEN, Accept_Encoding="gzip")
            assert status == 200 and body
            return time.monotonic() - began

        scrape()
        taken = []
        for _ in range(SCRAPES):
            time.sleep(0.55)  # Scrapes more than half a second apart are rendered anew.
            taken.append(scrape())
        told(f"{VMS} VMs, a client: {spread(taken)}; {1000 * MOST:.0f} ms at most",
             statistics.median(taken) <= MOST)
        time.sleep(0.55)
        together = []
        threads = [threading.Thread(target=lambda: together.append(scrape()))
                   for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        told(f"{VMS} VMs, 10 clients at once: {spread(together)}", len(together) == 10)


def prometheus(directory):
    """Prometheus scrapes a host with many VMs."""
    with LargeHost(directory) as fleet:
        def taken():
            found = fleet.query('scrape_duration_seconds{instance="host1"}[2m]')
            # The first one may come before the exporter has read the run.
            return [float(value) for one in found for _, value in one["values"]][1:]

        until(lambda: len(taken()) >= SCRAPES)
        told(f"{VMS} VMs, Prometheus: {spread(taken())}; "
             f"{1000 * MOST_PROMETHEUS:.0f} ms at most",
             statistics.median(taken()) <= MOST_PROMETHEUS)
        samples = fleet.query('scrape_samples_scraped{instance="host1"}')[0]["value"][1]
        told(f"{VMS} VMs, Prometheus: {samples} samples a scrape", int(samples) > 30000)


def victoria(directory):
    """VictoriaMetrics scrapes the fleet, and answers the panels."""
    with Victoria(HOSTS, directory) as fleet:
        told(f"VictoriaMetrics: scrapes all {HOSTS + 1}",
             until(lambda: fleet.up() == HOSTS + 1))
        missing = [f"{title}: {query}" for title, query in panel_queries()
                   if not until(lambda query=query: fleet.query(query))]
        told(f"VictoriaMetrics: {len(list(panel_queries()))} queries of the panels, "
             f"{len(missing)} without a series" + "".join(f"\n      {m}" for m in missing),
             not missing)
        told("VictoriaMetrics: vmalert's rates of a rule, of each host", until(
            lambda: len(fleet.query("count by (instance) "
                                    "(vm:exitledger_hypervisor_time:ratio5m)")) == HOSTS))


def main():
    """Measure and check with each engine."""
    for name in ("prometheus", "victoria-metrics", "vmalert"):
        if not program(name):
            print(f"engines.py: there is no {name}; unpack Debian's package in {BUILD}/aside",
                  file=sys.stderr)
            return 3
    for part in (client, prometheus, victoria):
        with tempfile.TemporaryDirectory(prefix="engines-") as directory:
            os.chmod(directory, 0o755)
            part(directory)
    return STATUS


sys.exit(main())
