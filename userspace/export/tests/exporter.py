# SPDX-License-Identifier: GPL-2.0-only
"""An exporter that a test starts, and requests to it."""

import http.client
import os
import signal
import socket
import subprocess

import metrics

BUILD = os.environ.get("BUILD", "build")
EXITLEDGER = f"{BUILD}/bin/exitledger"
OPEN = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
TYPES = {
    False: "text/plain; version=0.0.4; charset=utf-8",
    True: "application/openmetrics-text; version=1.0.0; charset=utf-8",
}


def free_port():
    """Return a TCP port that is not in use."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return made.getsockname()[1]


class Exporter:
    """An exporter that serves until the end of the with block."""

    def __init__(self, *arguments, listen=None, **how):
        self.port = free_port()
        listen = listen or [f"127.0.0.1:{self.port}"]
        self.argv = [EXITLEDGER, "export", *arguments,
                     *(f"--listen={address}" for address in listen)]
        self.process = subprocess.Popen(self.argv, stderr=subprocess.PIPE, text=True, **how)
        self.lines = [self.process.stderr.readline() for _ in listen]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()

    def stop(self, number=signal.SIGTERM):
        """End the exporter; return its exit status and its last output."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=20)
        return self.process.returncode, said

    def ask(self, where="/metrics", method="GET", tls=None, **headers):
        """Send a request; return status, headers and body of the answer."""
        if tls:
            asked = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=20, context=tls)
        else:
            asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            asked.request(method, where, headers={name.replace("_", "-"): value
                                                  for name, value in headers.items()})
            answer = asked.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            asked.close()

    def scrape(self, is_open=False):
        """Scrape the metrics and parse them."""
        status, headers, body = self.ask(Accept=OPEN if is_open else "*/*")
        assert status == 200 and headers["Content-Type"] == TYPES[is_open], (status, headers)
        return metrics.parse(body.decode(), is_open)

    def status(self):
        """Return the exporter's /proc/PID/status as {name: text}."""
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as file:
            return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
