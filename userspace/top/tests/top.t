#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tests the live view of a made-up host in a terminal."""

import os
import re
import signal
import subprocess
import sys
import tempfile

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.."))
sys.dont_write_bytecode = True
sys.path.insert(0, "tests")
from tap import Terminal, done, ok  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
DEMO = BUILD + "/tests/top_demo"
HINT = "? help  Enter open"
RED = "red"
COLOR = re.compile(rb"\x1b\[[0-9;]*3[0-7]m")


def demo(*arguments, **options):
    return Terminal([DEMO, *map(str, arguments)], **options)


def keys():
    """Each key has its effect."""
    top = demo(30, 2)
    ok("the first interval comes", top.until("vm1 "), top.text())
    lines = top.text().splitlines()
    ok("title", lines[0].startswith("exitledger  made up"), lines[0])
    ok("the interval's length", lines[0].endswith("every 0.2 s"), lines[0])
    ok("all VMs are counted", lines[1].startswith("30 VMs, 60 vCPUs, "), lines[1])
    ok("columns", lines[3].split()[:5] == ["VM", "PID", "VCPUS", "IDLE", "%"], lines[3])
    ok("the percentiles are there", "P99" in lines[3], lines[3])
    ok("the screen is full", lines[22].startswith("vm"), top.text())
    ok("where in the list", "1 of 30" in lines[2], lines[2])
    ok("what can be done next", lines[23].startswith(HINT), lines[23])
    ok("a trend", top.until("█") and top.until("▆", 10), top.text())
    top.type("\x1bOB")
    ok("arrows", top.until("2 of 30"), top.text())
    top.type("G")
    ok("the end of the list", top.until("30 of 30"), top.text())
    top.type("g\r")
    ok("Enter: vCPUs", top.until("vCPU 1"), top.text())
    ok("of the VM", ", pid 10" in top.text().splitlines()[2], top.text())
    top.type("jj\r")
    ok("Enter: reasons", top.until("0x07b IOIO"), top.text())
    ok("of the vCPU", "> vCPU " in top.text().splitlines()[2], top.text())
    top.type("\r")
    ok("Enter: times", top.until("SHARE OF ALL"), top.text())
    # The reason is the one that had most exits by then.
    ok("of the reason", re.search(r"> vCPU \d+ > 0x0[0-9a-f]{2} [A-Z]+",
                                  top.text().splitlines()[2]), top.text())
    top.type("\x7f")
    ok("Backspace", top.until("EXIT REASON"), top.text())
    top.type("\x7f\x7f")
    ok("Backspace: to the VMs", top.until("IDLE %") and top.until("VCPUS"), top.text())
    top.type("p")
    ok("pause", top.until("PAUSED"), top.text())
    held = top.text()
    top.read(0.6)
    ok("nothing moves then", top.text() == held, top.text())
    top.type("p+")
    ok("longer intervals", top.until("every 0.5 s"), top.text())
    top.type("-")
    ok("shorter intervals", top.until("every 0.2 s"), top.text())
    top.type("?")
    ok("help", top.until("Any key leaves this help"), top.text())
    ok("all of it is seen", "Red: not booked" in top.text(), top.text())
    with open("docs/exitledger-monitor.1.rst", encoding="utf-8") as page:
        manual = page.read()
    for line in top.text().splitlines()[2:20]:
        name = line[1:19].strip()
        ok(f"the manual page has key {name}", re.search(rf"\n\\?{re.escape(name)}\n", manual), line)
    top.type("x")
    ok("any key leaves it", top.until(HINT), top.text())
    top.type("q")
    ok("q ends it", top.wait() == 0, top.errors())
    ok("q ends it: with the total", "in total, " in top.raw.decode().replace("\r", ""))
    ok("q ends it: the terminal as it was", top.is_restored(), top.raw[-300:])


def sizes():
    """The view fits a terminal of any size, and follows any change of the size."""
    top = demo(60, 1, columns=120, lines=40)
    top.until("vm1 ")
    top.read(0.3)
    ok("120x40: more columns", "P50" in top.text(), top.text())
    ok("120x40: more lines", top.text().count("\nvm") == 35, top.text())
    top.resize(80, 24)
    ok("80x24: fewer columns", top.until(HINT), top.text())
    top.read(0.5)
    ok("80x24: fewer lines", top.text().count("\nvm") == 19, top.text())
    ok("80x24: what does not fit is left out", "P50" not in top.text(), top.text())
    top.resize(20, 5)
    ok("20x5: too small", top.until("too small"), top.text())
    top.resize(100, 30)
    ok("100x30: all is there again", top.until(HINT), top.text())
    top.read(0.3)
    ok("100x30: lines", top.text().count("\nvm") == 25, top.text())
    top.type("q")
    ok("its end after that", top.wait() == 0, top.errors())


def columns_of(top, line):
    """Return a line of the screen with one letter per column: 'W' for wide characters."""
    cells = top.screen.buffer[line]
    return "".join(c if len(c) == 1 and c < "\x7f" else "W"
                   for c in (cells[x].data for x in range(top.screen.columns)))


def large():
    """Cells stay apart, even with long names and numbers that are too wide."""
    top = demo(3, 2, "large", columns=120)
    ok("large: a first look", top.until("VCPUS") and top.until("0003 "), top.text())
    top.read(0.5)
    head = columns_of(top, 3)
    lines = [columns_of(top, n) for n in (4, 5, 6)]
    names = {line[:14].strip() for line in lines}
    ok("large: names keep their ends", {name[-4:] for name in names} == {"0001", "0002", "0003"}, names)
    edges = [head.index(name) + len(name) for name in
             ("PID", "VCPUS", "IDLE %", "EXITS", "FAST", "TIME %", "P99", "MAX")]
    for line in lines:
        ok("large: cells end where their columns do", all(
            line[edge - 1] != " " and line[edge] == " " for edge in edges),
           head + "\n" + line)
    top.type("\r\r")
    ok("large: the path has the name's end and the pid",
       top.until("0x07b IOIO") and re.search(r"000\d, pid 419430\d", top.text().splitlines()[2]),
       top.text())
    top.type("q")
    ok("large: its end", top.wait() == 0, top.errors())


def letters_and_colors():
    """A terminal gets no sequence that it does not know."""
    top = demo(3, 1, "lost")
    ok("losses are said", top.until("lost: 1,234 events"), top.text())
    ok("losses are said: in red", top.screen.buffer[23][0].fg == RED, top.screen.buffer[23][0])
    ok("this finds colours", COLOR.search(top.raw))
    top.type("q")
    top.wait()
    top = demo(3, 1, "lost", env={"NO_COLOR": "1"})
    top.until("lost: ")
    ok("NO_COLOR: no colours", top.screen.buffer[23][0].fg == "default")
    ok("NO_COLOR: none at all", not COLOR.search(top.raw), top.raw[-300:])
    top.type("q")
    top.wait()
    top = demo(3, 1, env={"LC_ALL": "C"})
    top.until("#")
    ok("no UTF-8: trends of other letters", "#" in top.text(), top.text())
    ok("no UTF-8: ASCII alone", max(top.raw) < 128, top.text())
    top.type("q")
    top.wait()
    top = demo(3, 1, env={"TERM": "vt100"})
    ok("vt100: works", top.until("vm1 "), top.text())
    ok("vt100: no colours", not COLOR.search(top.raw), top.raw[-300:])
    top.type("q")
    ok("vt100: its end", top.wait() == 0, top.errors())
    top = demo(env={"TERM": "dumb"})
    ok("a terminal that places no text: refused", top.wait() == 1)
    ok("a terminal that places no text: named", "'dumb'" in top.errors())
    top = demo(env={"TERM": "nonesuch"})
    ok("an unknown terminal: refused", top.wait() == 1)
    ok("an unknown terminal: named", "'nonesuch'" in top.errors())


def ends():
    """However the view ends, the terminal is restored."""
    for name, number, status in (
        ("SIGINT", signal.SIGINT, 0),
        ("SIGTERM", signal.SIGTERM, 0),
        ("SIGQUIT", signal.SIGQUIT, 0),
        ("SIGHUP", signal.SIGHUP, 0),
    ):
        top = demo(3, 1)
        top.until("vm1 ")
        os.kill(top.process.pid, number)
        ok(f"{name}: status", top.wait() == status, top.errors())
        ok(f"{name}: the terminal", top.is_restored(), top.raw[-300:])
        ok(f"{name}: the total", b"in total, " in top.raw)
    top = demo(3, 1)
    top.until("vm1 ")
    top.type("\x03")
    ok("Ctrl-C: status", top.wait() == 0, top.errors())
    top = demo(3, 1, "fail")
    ok("a failure: status", top.wait() == 1)
    ok("a failure: the terminal", top.is_restored(), top.raw[-300:])
    ok("a failure: said", top.errors() ==
       "cannot collect what BPF booked: Cannot allocate memory\n", top.errors())
    top = demo(3, 1)
    top.until("vm1 ")
    os.close(top.slave)
    os.close(top.master)
    try:
        top.process.wait(5)
    except Exception:  # noqa: BLE001
        pass
    ok("the terminal goes: so does the view", top.process.poll() is not None)
    top.process.kill()


def hosts():
    """The view shows VMs that end, and keys beside the reasons."""
    top = demo(2, 1, "ending")
    ok("a VM that ended says so", top.until("ended"), top.text())
    top.type("q")
    top.wait()
    top = demo(1, 1, "keys")
    top.until("vm1 ")
    top.type("\r")
    ok("a single vCPU: its reasons at once", top.until("0x07b IOIO"), top.text())
    top.type("\r")
    ok("keys", top.until("0x3f8 COM1 data"), top.text())
    top.type("q")
    top.wait()
    top = demo(1, 1, "fast")
    ok("the fast path's column", top.until("FAST"), top.text())
    top.type("f")
    top.read(0.5)
    ok("the fast path's column: hidden by f", "FAST" not in top.text(), top.text())
    top.type("q")
    top.wait()
    top = demo(0)
    ok("no VM", top.until("no VM exits"), top.text())
    top.type("q")
    ok("no VM: its end", top.wait() == 0, top.errors())


def replay():
    """A recorded run of 20 intervals is replayed in the time of the run."""
    with tempfile.TemporaryDirectory() as folder:
        run = folder + "/run"
        subprocess.run([BUILD + "/tests/record_demo", "20", "-o", run, "-i", "20ms"],
                       check=True, capture_output=True)
        top = Terminal([BUILD + "/bin/exitledger", "replay", run, "--top",
                        "-i", "0.02", "--speed", "0.01"])
        ok("replay: the first interval at once", top.until("vm2"), top.text())
        ok("replay: how fast", " s  x0.01  every 0.02 s" in top.text(), top.text())
        top.type("p")
        ok("replay: pause", top.until("PAUSED"), top.text())
        held = top.text()
        top.read(0.3)
        ok("replay: nothing moves then", top.text() == held, top.text())
        top.type(">>>>>>>")
        ok("replay: faster", top.until("x1.28"), top.text())
        top.type("<")
        ok("replay: slower", top.until("x0.64"), top.text())
        top.type("?")
        ok("replay: help", top.until("<, >") and top.until("Red: not booked"), top.text())
        with open("docs/exitledger-replay.1.rst", encoding="utf-8") as page:
            manual = page.read()
        ok("the manual page of replay has its keys", "\n<, >\n" in manual and "\n\\.\n" in manual)
        top.type("xp")
        ok("replay: to the end", top.until(" END  ", 20), top.text())
        top.type("q")
        ok("replay: q ends it", top.wait() == 0, top.errors())
        text = top.raw.decode(errors="replace").replace("\r", "")
        ok("replay: with the total of all the run", re.search(r"in total, [0-9.]+ s", text), text[-900:])
        ok("replay: the terminal is as it was", top.is_restored(), top.raw[-300:])
        top = Terminal([BUILD + "/bin/exitledger", "replay", run, "--top",
                        "-i", "0.01", "--speed", "0.01"])
        top.until("vm2")
        shown = subprocess.run([BUILD + "/bin/exitledger", "replay", run, "--json",
                                "-i", "0.01"], check=True, capture_output=True)
        intervals = shown.stdout.count(b'"kind":"interval"')
        # Keys that are typed at once show one interval each.  The first interval is
        # already shown, and one more may follow at the end.
        top.type("." * (intervals - 2))
        ok("replay: steps", top.until("PAUSED"), top.text())
        top.read(0.3)
        ok("replay: no more than asked for", " END  " not in top.text(), top.text())
        top.type("..")
        ok("replay: as many as asked for", top.until(" END  "), top.text())
        top.type("q")
        top.wait()
        top = Terminal([BUILD + "/bin/exitledger", "replay", run, "--top"])
        ok("replay: less than an interval", top.until(" END  ") and top.until("vm2"), top.text())
        top.type("q")
        ok("replay: q before the end", top.wait() == 0, top.errors())
        ok("replay: the total all the same",
           "in total, " in top.raw.decode(errors="replace").replace("\r", ""), top.text())


keys()
sizes()
large()
letters_and_colors()
ends()
hosts()
replay()
done()
