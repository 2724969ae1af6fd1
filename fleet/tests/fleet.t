#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tests rules, alerts and dashboards: promtool finds no mistake in them, and a real Prometheus
that scrapes exporters answers each panel's query."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
sys.dont_write_bytecode = True
sys.path[:0] = ["tests", "userspace/export/tests", "fleet", "fleet/tests"]
import panels  # noqa: E402
from exporter import BUILD, EXITLEDGER, free_port  # noqa: E402
from fleet import PATIENCE, RULES, Fleet, panel_queries, program, read, until  # noqa: E402
from tap import done, ok, skip  # noqa: E402

DIRECTORY = tempfile.TemporaryDirectory(prefix="fleet-")
HOSTS = 100


def path(name):
    """Return the path of a file of this test."""
    return os.path.join(DIRECTORY.name, name)


# --- rules, alerts and files ---


def promtool():
    """promtool checks the rules and runs the tests of the alerts."""
    if not program("promtool"):
        skip("promtool", "promtool (prometheus)")
        return
    for argv in (["check", "rules", *RULES], ["test", "rules", "fleet/tests/alerts.test.yml"]):
        run = subprocess.run([program("promtool"), *argv], check=False, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        ok(f"promtool {' '.join(argv[:2])}", run.returncode == 0, run.stdout)


def names():
    """All alerts and metrics that are used exist, and are described."""
    text = read("docs/fleet.md")
    alerts = re.findall(r"- alert: (\w+)", read("fleet/alerts.yml"))
    tested = read("fleet/tests/alerts.test.yml")
    for alert in alerts:
        ok(f"{alert}: docs/fleet.md says what to do", f"### {alert}\n" in text)
        ok(f"{alert}: its page is named",
           f"fleet.md#{alert.lower()}\n" in read("fleet/alerts.yml"))
        ok(f"{alert}: it is tested to fire, and not to", re.search(
            rf"alertname: {alert}\n +exp_alerts", tested) and re.search(
                rf"alertname: {alert}\n(?! +exp_alerts)", tested))
    ok("there are alerts", len(alerts) >= 6, alerts)
    page = read("docs/exitledger-export.1.rst")
    queries = [query for _, row in panels.ROWS for panel in row for query, _ in panel.queries]
    # A name with a colon before it is a recording rule's.
    asked = set(re.findall(r"(?<![\w:])exitledger_\w+", "\n".join([*map(read, RULES), *queries])))
    known = {re.sub(r"_(bucket|count|sum)$", "", name) for name in asked}
    missing = sorted(name for name in known if name not in page)
    ok("exitledger-export(1) describes all metrics that are asked for", not missing, missing)
    run = subprocess.run(["fleet/dashboards.py", "--check"], check=False, text=True,
                         stderr=subprocess.PIPE)
    ok("the dashboards are what panels.py has", run.returncode == 0, run.stderr)


def dashboards():
    """Both files have all panels, and no panels overlap."""
    wanted = [panel for _, row in panels.ROWS for panel in row]
    grafana = json.loads(read("fleet/dashboards/grafana.json"))
    shown = [panel for panel in grafana["panels"] if panel["type"] != "row"]
    ok("Grafana: all panels", [panel["title"] for panel in shown] ==
       [panel.title for panel in wanted])
    taken = [(x, y) for panel in grafana["panels"]
             for at in [panel["gridPos"]]
             for x in range(at["x"], at["x"] + at["w"])
             for y in range(at["y"], at["y"] + at["h"])]
    ok("Grafana: no panels overlap, and none is too far to the right",
       len(taken) == len(set(taken)) and max(x for x, _ in taken) < 24)
    ok("Grafana: each panel has another number",
       len({panel["id"] for panel in grafana["panels"]}) == len(grafana["panels"]))
    perses = json.loads(read("fleet/dashboards/perses.json"))["spec"]
    ok("Perses: all panels", [panel["spec"]["display"]["name"] for panel in
                              perses["panels"].values()] == [panel.title for panel in wanted])
    ok("Perses: each is in the layout once", sorted(
        item["content"]["$ref"] for grid in perses["layouts"] for item in grid["spec"]["items"])
       == sorted(f"#/spec/panels/{name}" for name in perses["panels"]))


# --- a real Prometheus ---


def panels_answer(fleet):
    """Each query of each panel has a series."""
    for title, query in panel_queries():
        ok(f"panel {title}: its query has a series",
           until(lambda query=query: fleet.query(query)), query)


def prometheus():
    """Prometheus scrapes 100 hosts that replay runs, and one with metrics of KVM's books."""
    if not program("prometheus"):
        skip("a real Prometheus", "promtool (prometheus)")
        return
    os.mkdir(path("fleet"))
    with Fleet(HOSTS, path("fleet")) as fleet:
        ok(f"Prometheus: scrapes all {HOSTS + 1}", until(lambda: fleet.up() == HOSTS + 1),
           read(fleet.log)[-500:])
        panels_answer(fleet)
        rules = [rule for group in fleet.ask("rules")["groups"] for rule in group["rules"]]
        ok("Prometheus: evaluates all rules", len(rules) == 13 and all(
            rule["health"] == "ok" for rule in rules),
           [rule for rule in rules if rule["health"] != "ok"])
        ok("Prometheus: the rates of a rule, of each host", until(lambda: len(fleet.query(
            "count by (instance) (vm:exitledger_hypervisor_time:ratio5m)")) == HOSTS))
        slowest = "max(scrape_duration_seconds)"
        # Wait until this is true, as scrapes can be slow for a while on a busy machine.
        ok("Prometheus: each scrape takes less than a second", until(
            lambda: float(fleet.query(slowest)[0]["value"][1]) < 1), fleet.query(slowest))
        exemplars = fleet.ask("query_exemplars", start=time.time() - 600, end=time.time() + 60,
                              query="exitledger_exit_duration_seconds_bucket")
        ok("Prometheus: exemplars name the VM, the vCPU and the thread", exemplars and all(
            {"vm", "vcpu", "tid"} == set(one["labels"]) for found in exemplars
            for one in found["exemplars"]), exemplars[:1])


def node_exporter():
    """node_exporter serves the metrics that --textfile has written."""
    if not program("prometheus-node-exporter"):
        skip("node_exporter's textfile collector", "prometheus-node-exporter")
        return
    os.mkdir(path("textfile"))
    written = path("textfile/exitledger.prom")
    subprocess.run([f"{BUILD}/tests/fleet_demo", path("few.exits"), "3"], check=True)
    subprocess.run([EXITLEDGER, "export", "--replay", path("few.exits"), "--at-once",
                    "--textfile", written, "--interval", "0"], check=True)
    port = free_port()
    process = subprocess.Popen(
        [program("prometheus-node-exporter"), "--collector.disable-defaults",
         "--collector.textfile", f"--collector.textfile.directory={path('textfile')}",
         f"--web.listen-address=127.0.0.1:{port}"], stderr=subprocess.DEVNULL)
    text = ""

    def fetched():
        nonlocal text
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
            text = answer.read().decode()
        return "node_textfile_mtime_seconds{" in text

    ok("node_exporter: reads the file", until(fetched), text[:500])
    process.terminate()
    process.wait(timeout=PATIENCE)
    ok("node_exporter: without a mistake", "node_textfile_scrape_error 0" in text)
    # node_exporter sorts the labels and writes numbers as floats, so compare them parsed.
    pattern = r'exitledger_exits_total\{(.*)\} (\S+)\n'
    wanted, given = ({tuple(sorted(labels.split(","))): float(value) for labels, value in
                      re.findall(pattern, source)} for source in (read(written), text))
    ok("node_exporter: serves all exits", wanted and wanted == given,
       (len(wanted), len(given)))


promtool()
names()
dashboards()
node_exporter()
prometheus()
done()
