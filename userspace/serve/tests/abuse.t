#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The server under abuse: a thousand clients, and clients that are slow, send rubbish or
endless headers, or never read their answer.  Meanwhile a scraper must be answered, and
afterwards no descriptor or connection may be left, and no more memory than is allowed."""

import http.client
import os
import random
import resource
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.."))
sys.dont_write_bytecode = True
sys.path[:0] = ["tests", "userspace/export/tests"]
from exporter import BUILD, OPEN, Exporter  # noqa: E402
from tap import done, ok  # noqa: E402

DIRECTORY = tempfile.TemporaryDirectory(prefix="abuse-")
RUN = os.path.join(DIRECTORY.name, "run.exits")
VMS = 1000
# Bytes that may be used beside the metrics: by 32 connections of 12 KiB each, and by a few
# answers that are still being sent.
MEMORY = 24 << 20
REST = 6  # seconds after which the server has closed all connections
PATIENCE = 10  # seconds that a scraper may have to wait, on a busy machine
REQUEST = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
WAITS = []  # seconds of all scrapes under abuse


class Scraper(threading.Thread):
    """Scrapes until it is stopped, as Prometheus would.

    While all places are taken, the server may cut off a client that has connected and not sent
    its request yet (serve_http_clients.c).  On a busy machine this can happen to a scraper that
    loses the processor at that moment.  Then it asks once more, and must be answered.
    """

    def __init__(self, exporter):
        super().__init__()
        self.exporter, self.ended = exporter, threading.Event()
        self.seconds, self.wrong = [], []

    def run(self):
        while not self.ended.wait(0.2):
            begin = time.monotonic()
            try:
                status, _, body = self.ask()
                if status != 200 or len(body) < 10000:
                    self.wrong.append((status, len(body)))
            except OSError as error:
                self.wrong.append(repr(error))
            self.seconds.append(time.monotonic() - begin)

    def ask(self):
        """Scrape once, or once more."""
        try:
            return self.exporter.ask(Accept=OPEN, Accept_Encoding="gzip")
        except http.client.RemoteDisconnected:
            return self.exporter.ask(Accept=OPEN, Accept_Encoding="gzip")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join()


def connect(exporter, buffer=None):
    """Connect to the exporter, with a receive buffer of this size."""
    made = socket.socket()
    if buffer:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    made.settimeout(20)
    made.connect(("127.0.0.1", exporter.port))
    return made


def is_closed(made, seconds):
    """Does the server close a connection within this time?  Bytes that come are ignored."""
    made.settimeout(seconds)
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            if not made.recv(65536):
                return True
    except ConnectionError:
        return True
    except TimeoutError:
        pass
    return False


def descriptors(exporter):
    """Return the number of the exporter's descriptors, or None if only root may see it."""
    try:
        return len(os.listdir(f"/proc/{exporter.process.pid}/fd"))
    except PermissionError:
        return None


def memory(exporter):
    """Return the exporter's resident memory in bytes: now, and the most so far."""
    status = exporter.status()
    return [int(status[name].split()[0]) << 10 for name in ("VmRSS", "VmHWM")]


def abused(name, exporter, what):
    """Abuse the exporter by what() while a scraper reads its metrics."""
    with Scraper(exporter) as scraper:
        what()
        time.sleep(0.5)
    WAITS.extend(scraper.seconds)
    ok(f"{name}: scrapes go on", scraper.seconds and not scraper.wrong, scraper.wrong[:3])
    ok(f"{name}: no scrape takes longer than {PATIENCE} s", max(scraper.seconds) < PATIENCE,
       max(scraper.seconds))


def a_thousand(exporter):
    """Open connections and send nothing; new ones take the places of old ones."""
    def what():
        made = [connect(exporter) for _ in range(1000)]
        time.sleep(2)
        for one in made:
            one.close()
    abused("1,000 connections", exporter, what)


def slow(exporter):
    """Send a byte of a request now and then: the server closes after five seconds."""
    late = []

    def what():
        made, begin = [connect(exporter) for _ in range(20)], time.monotonic()
        for at in range(40):
            for one in made:
                try:
                    one.send(REQUEST[at % 30:at % 30 + 1])
                except OSError:
                    pass
            time.sleep(0.2)
        late.extend(one for one in made if not is_closed(one, 3))
        ok("slow clients: they were slow", time.monotonic() - begin > 7)
    abused("slow clients", exporter, what)
    ok("slow clients: cut off", not late, len(late))


def unread(exporter):
    """Request the metrics, and never read the answer."""
    late = []

    def what():
        made = [connect(exporter, 2048) for _ in range(20)]
        for one in made:
            one.send(REQUEST)
        time.sleep(7)
        # A closed connection first yields the bytes that arrived before it was closed.
        late.extend(one for one in made if not is_closed(one, 3))
    abused("clients that never read", exporter, what)
    ok("clients that never read: cut off", not late, len(late))


def headers(exporter):
    """Send headers that are too long; the answer is an error, or the connection ends."""
    answers = []

    def what():
        for text in (b"GET /metrics HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 20000 + b"\r\n\r\n",
                     b"GET /" + b"x" * 100000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
                     b"GET /metrics HTTP/1.1\r\n" + b"X: y\r\n" * 50000 + b"\r\n",
                     b"GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: " + b"a," * 100000):
            one, answer = connect(exporter), b""
            try:
                one.sendall(text)
                while data := one.recv(65536):
                    answer += data
            except ConnectionError:
                pass
            answers.append(answer[:15])
            one.close()
    abused("endless headers", exporter, what)
    ok("endless headers: no answer but an error",
       all(answer == b"" or answer.startswith(b"HTTP/1.1 4") for answer in answers), answers)
    status = exporter.ask(X="x" * 8000)[0]
    ok("headers of 8 KiB: answered", status == 200, status)


def rubbish(exporter):
    """Send random bytes, and requests with mistakes."""
    dice = random.Random(1)
    seeds = [REQUEST, b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n",
             b"GET /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n",
             b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
             b"GET http://x/metrics HTTP/9.9\r\n\r\n", b"\r\n" * 1000, b"\0" * 1000]

    def what():
        for i in range(500):
            text = bytearray(dice.choice(seeds))
            for _ in range(dice.randrange(8)):
                text[dice.randrange(len(text))] = dice.randrange(256)
            one = connect(exporter)
            try:
                one.sendall(text if i % 3 else dice.randbytes(dice.randrange(3000)))
                if i % 2:
                    # close() shall reset the connection.
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                elif i % 5 == 0:
                    one.shutdown(socket.SHUT_WR)
                    one.recv(1000)
            except OSError:
                pass
            one.close()
    abused("rubbish", exporter, what)


def many_at_once(exporter):
    """Simultaneous scrapes share one collection, and so they show the same."""
    bodies, ready = [], threading.Barrier(10)

    def scrape():
        ready.wait()
        bodies.append(exporter.ask(Accept=OPEN)[2])

    time.sleep(0.6)
    threads = [threading.Thread(target=scrape) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    different = len({hash(body) for body in bodies})
    # On a busy machine a scrape may come late, and get the next collection.
    ok("ten scrapes at once: one answer, or two", len(bodies) == 10 and different <= 2, different)


subprocess.run([f"{BUILD}/tests/fleet_demo", RUN, str(VMS)], check=True)
os.chmod(DIRECTORY.name, 0o755)
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
with Exporter("--replay", RUN, "--at-once") as served:
    for _ in range(3):
        served.ask(Accept=OPEN, Accept_Encoding="gzip")
        time.sleep(0.6)
    before, fds = memory(served)[0], descriptors(served)
    # Let the kernel's record of the most memory (VmHWM) begin again.
    if os.geteuid() == 0:
        with open(f"/proc/{served.process.pid}/clear_refs", "w", encoding="ascii") as clear:
            clear.write("5")
    many_at_once(served)
    a_thousand(served)
    slow(served)
    unread(served)
    headers(served)
    rubbish(served)
    time.sleep(REST)
    after, most = memory(served)
    ok("memory: bounded meanwhile", os.geteuid() or most < before + MEMORY, (before, most))
    # The C library keeps some freed memory, and from time to time that of one more answer.
    # A leak would make the memory grow in each round.
    rounds = [after]
    while len(rounds) < 7 and (len(rounds) == 1 or rounds[-1] > rounds[-2] + (64 << 10)):
        unread(served)
        time.sleep(REST)
        rounds.append(memory(served)[0])
    ok("memory: another round leaves no more", rounds[-1] <= rounds[-2] + (64 << 10),
       (before, rounds))
    print(f"# {len(WAITS)} scrapes under abuse, the longest of {max(WAITS):.1f} s; MB of memory: "
          f"{before >> 20} before, {most >> 20} at most, {rounds[-1] >> 20} at the end; "
          f"descriptors: {fds} before, {descriptors(served)} at the end")
    ok("descriptors: all are closed", descriptors(served) == fds, (fds, descriptors(served)))
    ok("it still serves", served.ask()[0] == 200)
    status, said = served.stop()
    ok("it ends, and has complained of nothing", status == 0 and not said, (status, said))
done()
