#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Untrusted text in every input, with all characters that are dangerous for readers.

Files from others (runs, books, benchmarks, guests' reports), their names, and arguments
go through every command that reads them.  A terminal must get no raw control characters,
programs must get valid JSON and CSV, and browsers no markup."""

import csv
import io
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import unicodedata

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.."))
sys.dont_write_bytecode = True
sys.path.insert(0, "tests")
from tap import Terminal, done, ok  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
EXITLEDGER = f"{BUILD}/bin/exitledger"
DATA = "tests/data"

# Each text has at most 15 bytes, because some fields cannot hold more.
CLASSES = {
    "a terminal's commands": b"\x1b[2J\x1b]0;x\x07",
    "C0 controls": b"x\x01\x08\x0c\r\t",
    "a line of its own": b"x\nFORGED",
    "DEL": b"x\x7f\x7f",
    "C1 controls": "x\x9b31m\x85\x90".encode(),
    "direction overrides": "x\u202e\u202dtxt".encode(),
    "direction isolates": "x\u2066\u2067y\u2069".encode(),
    "direction marks": "x\u200e\u200f\u061c".encode(),
    "zero width": "x\u200b\u200d\ufeff".encode(),
    "word joiners": "x\u2060\u00ad\u034f".encode(),
    "ends of lines": "x\u2028y\u2029".encode(),
    "tags": "x\U000e0041\U000e007f".encode(),
    "fillers": "x\u3164\u115f\u2800".encode(),
    "no characters": "x\ufffe\ufdd0\ufff9".encode(),
    "no UTF-8": b"x\xff\xc3\xe2\x80",
    "overlong, surrogates": b"\xc0\xaf\xed\xa0\x80\xf5",
    "markup": b"\"><script>&'",
    "a formula": b"=1+cmd|'x'!A0",
}
UNSEEN = {0xAD, 0x34F, 0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0}


def raw(data):
    """Return the characters of an output that must not be printed unchanged."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        return [str(error)]
    return [f"U+{ord(c):04X}" for c in text
            if c != "\n" and (unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp")
                              or ord(c) in UNSEEN or ord(c) & 0xFFFE == 0xFFFE
                              or 0xFDD0 <= ord(c) <= 0xFDEF or 0xFE00 <= ord(c) <= 0xFE0F
                              or 0xE0000 <= ord(c) <= 0xE0FFF)]


def run(*arguments):
    return subprocess.run([EXITLEDGER.encode(), *(a if isinstance(a, bytes) else str(a).encode()
                                                  for a in arguments)],
                          capture_output=True, check=False, stdin=subprocess.DEVNULL, timeout=60)


def check(what, status, *arguments):
    """Run a command and check that neither output has raw characters; return its standard
    output."""
    made = run(*arguments)
    ok(f"{what}: status {status}", made.returncode in status, made)
    ok(f"{what}: nothing raw", not raw(made.stdout + made.stderr),
       f"{raw(made.stdout + made.stderr)[:9]}\n{made.stdout!r}\n{made.stderr!r}")
    ok(f"{what}: no line of others",
       not any(line.startswith((b"FORGED", b"'FORGED"))
               for line in (made.stdout + made.stderr).splitlines()), made)
    return made.stdout


def strings(node):
    """Return all strings in a JSON document."""
    if isinstance(node, dict):
        return [s for value in node.values() for s in strings(value)]
    if isinstance(node, list):
        return [s for value in node for s in strings(value)]
    return [node] if isinstance(node, str) else []


def true_text(text):
    """Return the first 15 bytes of a text, as valid UTF-8."""
    return text.decode(errors="replace").encode()[:15].decode(errors="ignore")


def document(what, data):
    """Check that programs can read it: strict UTF-8 and strict JSON."""
    try:
        documents = [json.loads(line) for line in data.decode().splitlines()]
    except ValueError as error:
        ok(f"{what}: JSON", False, f"{error}\n{data[:2000]!r}")
        return []
    ok(f"{what}: JSON", bool(documents))
    return strings(documents)


def make_run(path, text):
    """Record a run in which every text is untrusted."""
    subprocess.run([f"{BUILD}/tests/record_demo", "12", "-o", path, "-i", "20ms", "--by", "port",
                    "--slower-than", "1ms"],
                   check=True, capture_output=True)
    db = sqlite3.connect(path)
    fields = ("kernel", "vendor", "hypervisor", "cpu", "attach", "shown", "command", "program")
    for field in fields:
        db.execute("UPDATE meta SET value = CAST(? AS TEXT) WHERE name = ?", (text, field))
    db.execute("UPDATE vm SET name = CAST(? AS TEXT)", (text,))
    db.execute("UPDATE mark SET text = CAST(? AS TEXT)", (text,))
    db.execute("INSERT INTO mark (at_ns, kind, text) SELECT at_ns, 'user', CAST(? AS TEXT) FROM mark LIMIT 1",
               (text,))
    db.execute("INSERT INTO mark (at_ns, kind, text) SELECT at_ns, CAST(? AS TEXT), 'x' FROM mark LIMIT 1",
               (text,))
    db.execute("UPDATE reason SET name = CAST(? AS TEXT), description = CAST(? AS TEXT)", (text, text))
    db.commit()
    db.close()


def runs(folder, what, text):
    """Recorded runs in replay, report, compare --replay and mark."""
    path, other = (os.path.join(folder, name) for name in ("run", "other"))
    named = os.path.join(folder.encode(), b"run" + text)
    make_run(path, text)
    make_run(other, text)
    os.link(path, named)
    check(f"{what}: replay", (0,), "replay", "-i", 0, path)
    check(f"{what}: replay --by-vcpu", (0,), "replay", "--by-vcpu", named)
    for arguments in (("replay", "--json"), ("report", "--json")):
        found = document(f"{what}: {arguments}", check(f"{what}: {arguments}", (0,), *arguments, path))
        ok(f"{what}: {arguments}: the true name", true_text(text) in found or text in (
            CLASSES["no UTF-8"], CLASSES["overlong, surrogates"]), found[:40])
    cells = [cell for record in csv.reader(io.StringIO(
        check(f"{what}: replay --csv", (0,), "replay", "--csv", path).decode(), newline=""))
        for cell in record]
    ok(f"{what}: replay --csv: no formulas", not any(c[:1] in tuple("=+-@\t\r") and c for c in cells))
    check(f"{what}: report", (0,), "report", "--text", named)
    check(f"{what}: advise", (0,), "advise", named)
    document(f"{what}: advise --json", check(f"{what}: advise --json", (0,), "advise", "--json", named))
    check(f"{what}: report of two", (0,), "report", named, other)
    document(f"{what}: report --json of two",
             check(f"{what}: report --json of two", (0,), "report", "--json", named, other))
    for files in ((named,), (named, other)):
        page = os.path.join(folder, f"page{len(files)}.html")
        check(f"{what}: a page of {len(files)}", (0,), "report", "-o", page, *files)
        with open(page, "rb") as file:
            html = file.read()
        ok(f"{what}: a page of {len(files)}: nothing raw", set(raw(html)) <= {"U+0009"}, raw(html)[:9])
        ok(f"{what}: a page of {len(files)}: no markup", b"><script>&" not in html)
    check(f"{what}: compare --replay of a run", (0, 1, 2, 3), "compare", "--replay", named)
    check(f"{what}: mark", (3,), "mark", named, "x")
    check(f"{what}: a filter", (2,), "replay", "--vm", b"no" + text, path)


def books(folder, what, text):
    """Saved books, and a guest's report for them."""
    path, report = (os.path.join(folder, name) for name in ("books.json", "report.json"))
    with open(f"{DATA}/balanced.json", encoding="utf-8") as file:
        made = json.load(file)
    others = true_text(text)
    for field in ("kernel", "vendor", "hypervisor"):
        made["host"][field] = others
    made["attach"] = made["command"] = made["guest_report"]["program"] = others
    made["command_status"] = 9
    for vm in made["vms"]:
        vm["name"] = others
    with open(path, "w", encoding="utf-8") as file:
        json.dump(made, file)
    with open(report, "w", encoding="utf-8") as file:
        json.dump(made["guest_report"], file)
    check(f"{what}: compare --replay", (0,), "compare", "--replay", path)
    check(f"{what}: compare --guest-report", (0, 2), "compare", "--replay", path, "--guest-report", report)
    found = document(f"{what}: compare --json", check(f"{what}: compare --json", (0,), "compare", "--replay", path, "--json", "-"))
    ok(f"{what}: compare --json: the true name", found.count(true_text(text)) >= 5, found)
    made["format"] = others
    with open(path, "w", encoding="utf-8") as file:
        json.dump(made, file)
    check(f"{what}: books of another format", (3,), "compare", "--replay", path)
    for junk in (b'{"format": "' + text, text, b'{"' + text + b'": 1}'):
        with open(path, "wb") as file:
            file.write(junk)
        check(f"{what}: books that are none", (3,), "compare", "--replay", path)
        check(f"{what}: a benchmark that is none", (3,), "bench", "--replay", path)
        check(f"{what}: a report that is none", (3,), "compare", "--replay", f"{DATA}/balanced.json",
              "--guest-report", path)
        check(f"{what}: a run that is none", (3,), "report", path)


def benchmarks(folder, what, text):
    """Benchmarks as tables, changes, JSON and a picture."""
    path, picture = (os.path.join(folder, name) for name in ("bench.json", "bench.svg"))
    with open(f"{DATA}/bench_saved.json", encoding="utf-8") as file:
        made = json.load(file)
    others = true_text(text)
    for field in ("exitledger", "date", "attach"):
        made[field] = others
    for field in made["host"]:
        made["host"][field] = others
    for kind in made["kinds"]:
        kind["what"] = others
    for row in made["rows"]:
        row.update(why=others, version=others, command=others)
    made["rows"].append(dict(made["rows"][-1], name="other", title="other", state="failed"))
    with open(path, "w", encoding="utf-8") as file:
        json.dump(made, file)
    check(f"{what}: bench --replay", (0,), "bench", "--replay", path, "--svg", picture)
    with open(picture, "rb") as file:
        svg = file.read()
    ok(f"{what}: the picture: nothing raw", not raw(svg), raw(svg)[:9])
    ok(f"{what}: the picture: no markup", b"><script>&" not in svg)
    document(f"{what}: bench --json", check(f"{what}: bench --json", (0,), "bench", "--replay", path, "--json", "-"))
    made["host"]["vendor"] = ""
    with open(path, "w", encoding="utf-8") as file:
        json.dump(made, file)
    check(f"{what}: bench --compare", (0, 1), "bench", "--compare", f"{DATA}/bench_saved.json", path)
    for field in ("name", "title"):
        made["rows"][-1][field] = others
        with open(path, "w", encoding="utf-8") as file:
            json.dump(made, file)
        check(f"{what}: bench, a row's {field}", (0, 3), "bench", "--replay", path)


def arguments(folder, what, text):
    """Error messages quote names of files, options and their values."""
    nowhere = os.path.join(folder.encode(), b"no" + text)
    for command in ("replay", "report", "advise", "mark"):
        more = ("x",) if command == "mark" else ()
        check(f"{what}: {command}, no such file", (3,), command, nowhere, *more)
        check(f"{what}: {command}, no such option", (64,), command, b"--x" + text.replace(b"=", b""), "x")
    check(f"{what}: compare, no such file", (3,), "compare", "--replay", nowhere)
    check(f"{what}: compare, no such report", (3,), "compare", "--replay", f"{DATA}/balanced.json",
          "--guest-report", nowhere)
    check(f"{what}: bench, no such file", (3,), "bench", "--replay", nowhere)
    check(f"{what}: bench, no such kind", (3, 64), "bench", b"x" + text)
    check(f"{what}: doctor, an argument", (64,), "doctor", b"x" + text)
    check(f"{what}: no such command", (64,), b"x" + text)
    for option in ("--by", "--columns", "--sort", "--reason", "--interval", "--slower-than"):
        check(f"{what}: monitor {option}", (3, 64), "monitor", option, b"x" + text)
    check(f"{what}: mark, a text", (3, 64), "mark", nowhere, text)
    for program in ("exitleaf", "exitwork", "microguest"):
        made = subprocess.run([f"{BUILD}/guest/{program}".encode(), b"--x" + text.replace(b"=", b""), b"x" + text],
                              capture_output=True, check=False, timeout=60)
        ok(f"{what}: {program}: nothing raw", not raw(made.stdout + made.stderr), made)


def live():
    """The live view."""
    text = "x\x1b[31;1mred\u202e\x9b5m".encode()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "run")
        make_run(path, text[:15])
        top = Terminal([EXITLEDGER, "replay", path, "--top", "--speed", "1000"])
        ok("live: a name", top.until("x?[31;1mred"), top.text())
        top.type("q")
        top.wait()
        ok("live: nothing raw", b"\x1b[31;1mred" not in top.raw and "\u202e".encode() not in top.raw)


for name, hostile in CLASSES.items():
    for part in (runs, books, benchmarks, arguments):
        with tempfile.TemporaryDirectory() as place:
            part(place, name, hostile)
live()
done()
