# SPDX-License-Identifier: GPL-2.0-only
"""Runs a made-up fleet, and a real engine that scrapes it.  Each host is an exporter that
replays a recorded run, at a loopback address of its own; one more host serves made-up metrics
of KVM's books."""

import contextlib
import glob
import http.server
import json
import os
import shutil
import subprocess
import threading
import time
import urllib.parse
import urllib.request

import panels
from exporter import BUILD, Exporter, free_port

ASIDE = ":".join(glob.glob(f"{BUILD}/aside/*/usr/bin"))
RULES = ["fleet/rules.yml", "fleet/alerts.yml"]
PATIENCE = 120  # seconds to wait for something on a busy machine

# The metrics of KVM's books, which no recorded run has, as the exporter of a host serves
# them.
BOOKS = """\
# HELP exitledger_build_info x
# TYPE exitledger_build_info gauge
exitledger_build_info{version="0.1",isa="svm"} 1
# HELP exitledger_books_judged_total x
# TYPE exitledger_books_judged_total counter
exitledger_books_judged_total{kind="count"} %(now)d
# HELP exitledger_books_discrepancies_total x
# TYPE exitledger_books_discrepancies_total counter
exitledger_books_discrepancies_total{kind="kernel-low"} 0
# HELP exitledger_kvm_exits_total x
# TYPE exitledger_kvm_exits_total counter
exitledger_kvm_exits_total{vm="x"} %(now)d
# HELP exitledger_exits_total x
# TYPE exitledger_exits_total counter
exitledger_exits_total{vm="x",reason="HLT",class="idle"} %(now)d
# HELP exitledger_vcpu_slots x
# TYPE exitledger_vcpu_slots gauge
exitledger_vcpu_slots 2080
# HELP exitledger_vcpu_slots_used x
# TYPE exitledger_vcpu_slots_used gauge
exitledger_vcpu_slots_used 7
"""



def program(name):
    """Find a program of Debian's packages that were unpacked, but not installed."""
    return shutil.which(name, path=ASIDE)


def read(name):
    """Return the text of a file."""
    with open(name, encoding="utf-8") as file:
        return file.read()


def until(condition):
    """Wait for a condition; return whether it has become true."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if condition():
                return True
        except OSError:
            pass
        time.sleep(0.5)
    return False


def panel_queries():
    """Yield (title, query) for each query of each panel, as a dashboard sends it."""
    for _, row in panels.ROWS:
        for panel in row:
            for query, _ in panel.queries:
                for name, value in (("$instance", ".*"), ("$vm", ".*"),
                                    ("$__rate_interval", "20s"), ("$__range", "1m")):
                    query = query.replace(name, value)
                yield panel.title, query


class Books(http.server.BaseHTTPRequestHandler):
    """A host that serves metrics of KVM's books."""

    def do_GET(self):  # pylint: disable=invalid-name
        """Serve the metrics; the counters grow with time."""
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write((BOOKS % {"now": time.monotonic() * 10}).encode())

    def log_message(self, *_):  # pylint: disable=arguments-differ
        """Log no requests."""


class Fleet:
    """A number of hosts, whose files are in a folder; each replays a run of @seconds."""

    def __init__(self, hosts, directory, seconds=400, interval=5):
        self.hosts, self.directory, self.seconds = hosts, directory, seconds
        self.interval = interval  # of scrapes: seconds
        self.started = contextlib.ExitStack()
        self.log = os.path.join(directory, "log")
        self.port = self.url = None

    def _record(self, host):
        """Make the recorded run of a host, and return its path."""
        run = os.path.join(self.directory, f"{host}.exits")
        subprocess.run([f"{BUILD}/tests/host_demo", run, str(host), str(self.seconds)],
                       check=True)
        return run

    def _start_hosts(self):
        """Start the hosts, and return their addresses."""
        port, targets = free_port(), []
        for host in range(self.hosts):
            run = self._record(host)
            targets.append(f"127.0.1.{host + 1}:{port}")
            created = ["--created"] if host % 2 else []
            self.started.enter_context(
                Exporter("--replay", run, *created, listen=[targets[-1]]))
        return targets

    def _configured(self, targets):
        """Write Prometheus' configuration, and return its path.  The rules are evaluated as
        often as hosts are scraped."""
        every = f"{self.interval}s"
        for name in RULES:
            with open(os.path.join(self.directory, os.path.basename(name)), "w",
                      encoding="utf-8") as file:
                file.write(read(name).replace("interval: 30s", f"interval: {every}"))
        config = {"global": {"scrape_interval": every, "evaluation_interval": every},
                  "rule_files": ["rules.yml", "alerts.yml"],
                  "scrape_configs": [{"job_name": "kvm", "static_configs": [
                      {"targets": [target], "labels": {"instance": f"host{nr}"}}
                      for nr, target in enumerate(targets, start=1)]}]}
        name = os.path.join(self.directory, "prometheus.yml")
        with open(name, "w", encoding="utf-8") as file:
            json.dump(config, file)
        return name

    def start(self, *argv):
        """Start a program that is ended with the fleet, and whose messages are logged."""
        with open(self.log, "ab") as log:
            process = subprocess.Popen(argv, stdout=log, stderr=log)
        self.started.callback(process.wait, timeout=PATIENCE)
        self.started.callback(process.terminate)

    def _start_engine(self, config):
        """Start Prometheus with a configuration, at self.url."""
        self.start(program("prometheus"), f"--config.file={config}",
                   "--enable-feature=exemplar-storage",
                   f"--storage.tsdb.path={os.path.join(self.directory, 'data')}",
                   f"--web.listen-address=127.0.0.1:{self.port}")

    def __enter__(self):
        # The exporter becomes a user without rights, who must be able to read the runs.
        os.chmod(self.directory, 0o755)
        with self.started:
            books = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Books)
            threading.Thread(target=books.serve_forever, daemon=True).start()
            self.started.callback(books.shutdown)
            targets = [*self._start_hosts(), f"127.0.0.1:{books.server_port}"]
            self.port = free_port()
            self.url = f"http://127.0.0.1:{self.port}"
            self._start_engine(self._configured(targets))
            self.started = self.started.pop_all()
        return self

    def __exit__(self, *_):
        self.started.close()

    def ask(self, what, **parameters):
        """Send a request to Prometheus' API, and return the data of the answer."""
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"{self.url}/api/v1/{what}?{query}", timeout=20) as answer:
            return json.load(answer)["data"]

    def query(self, text):
        """Return the series of an instant query."""
        return self.ask("query", query=text)["result"]

    def up(self):
        """Return the number of targets that are scraped."""
        return len([one for one in self.query("up") if one["value"][1] == "1"])
