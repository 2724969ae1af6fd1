#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Checks monitor's formats for programs against the schema and the manual page."""

import csv
import io
import json
import os
import re
import subprocess
import sys

import jsonschema

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.."))
sys.dont_write_bytecode = True
sys.path.insert(0, "tests")
from tap import done, ok  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
SCHEMA = "docs/exitledger-monitor.schema.json"
PAGE = "docs/exitledger-monitor.1.rst"

with open(SCHEMA, encoding="utf-8") as file:
    schema = json.load(file)
with open(PAGE, encoding="utf-8") as file:
    page = file.read()
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)


def demo(*arguments):
    """Return the lines that monitor_demo prints of a made-up host."""
    return subprocess.run(
        [f"{BUILD}/tests/monitor_demo", *arguments],
        check=True,
        capture_output=True,
    ).stdout.decode()


def errors(line):
    return "\n".join(
        f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}"
        for e in validator.iter_errors(line)
    )


def members(node, found):
    """Add all names of members to @found, but not those of the kinds of loss."""
    if isinstance(node, dict):
        for name, value in node.items():
            found.add(name)
            members(value, found)
    elif isinstance(node, list):
        for value in node:
            members(value, found)
    return found


def described(node, found):
    """Add all names of members that the schema has to @found."""
    if isinstance(node, dict):
        found.update(node.get("properties", {}))
        for value in node.values():
            described(value, found)
    elif isinstance(node, list):
        for value in node:
            described(value, found)
    return found


def the_schema():
    """JSON is as the schema describes it, and the schema refuses other lines."""
    seen = set()
    for how in ((), ("by-vcpu",)):
        lines = demo("json", *how).splitlines()
        ok(f"{how}: an object per line", len(lines) == 2)
        for text in lines:
            line = json.loads(text)
            ok(f"{how}: {line['kind']} is valid", validator.is_valid(line), errors(line))
            members(line, seen)
    ok("the lines have all that the schema has", seen == described(schema, set()),
       seen ^ described(schema, set()))
    for name in sorted(described(schema, set())):
        ok(f"the manual page has {name}", re.search(rf"(?<!\w){name}(?!\w)", page), name)

    # The schema must reject these lines.
    for name, change in (
        ("an unknown member", lambda line: line.update(extra=1)),
        ("an unknown column", lambda line: line["vms"][0]["reasons"][0].update(p95_ns=1)),
        ("a missing kind of loss", lambda line: line["lost"].pop("no_slot")),
        ("a negative count", lambda line: line["vms"][0].update(exits=-1)),
        ("another version", lambda line: line.update(version=3)),
        ("neither reasons nor vCPUs", lambda line: line["vms"][0].pop("reasons")),
    ):
        line = json.loads(demo("json").splitlines()[0])
        change(line)
        ok(f"not valid: {name}", not validator.is_valid(line))

    # Check the lines of real runs that are given as arguments.
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as real:
            for text in real:
                if text.startswith('{"format":"exitledger-monitor"'):
                    line = json.loads(text)
                    ok(f"{path}: {line['kind']} is valid",
                       validator.is_valid(line), errors(line))


def the_csv():
    """CSV has what JSON has."""
    records = list(csv.DictReader(io.StringIO(demo("csv"), newline="")))
    ok("CSV: all records have all columns", all(None not in r and None not in r.values() for r in records))
    lines = [json.loads(text) for text in demo("json").splitlines()]
    exits = sum(r["exits"] for vm in lines[0]["vms"] for r in vm["reasons"])
    ok("CSV: the same exits", exits == sum(int(r["exits"]) for r in records if r["kind"] == "interval"))
    names = {r["vm_name"] for r in records if r["vm"] == "2"}
    ok("CSV: a name with a comma, quotes and a line's end", names == {'a "b",\ufffd\ufffd'}, names)
    reason = {k for k, v in lines[0]["vms"][1]["reasons"][3].items()} - {"histogram", "keys"}
    ok("CSV: the columns of a reason in JSON", reason <= set(records[0]), reason - set(records[0]))
    ok("CSV: all kinds", {r["kind"] for r in records} ==
       {"interval", "interval-key", "slow", "lost", "total", "total-key"})
    for kind in sorted({r["kind"] for r in records}) + list(records[0]):
        ok(f"the manual page has CSV's {kind}", re.search(rf"(?<!\w){kind}(?!\w)", page.split("\nCSV\n")[1])
           or kind in reason, kind)


def the_columns():
    """--columns knows all columns, and the manual page describes them."""
    said = subprocess.run(
        [f"{BUILD}/bin/exitledger", "monitor", "--columns", "nonesuch"],
        check=False, capture_output=True, text=True).stderr
    names = said.strip().split("there are ")[1].split(", ")
    ok("all columns are known by name", len(names) == 19, names)
    section = page.split("\nCOLUMNS\n")[1].split("\nTABLE\n")[0]
    for name in names:
        ok(f"the manual page has column {name}", re.search(rf"(?m)^([\w, ]*, )?{name}(, [\w, ]*)?$", section), name)


def the_formats():
    """Whatever the table of formats has is an option of two commands, and is described."""
    formats = [line.split() for line in demo().splitlines()]
    ok("formats: the first is the table, and there are others",
       formats[0] == ["text"] and len(formats) > 2, formats)
    for name, *option in formats:
        section = "TABLE" if name == "text" else name.upper()
        ok(f"format {name}: a made-up host is shown", len(demo(name).splitlines()) > 1)
        ok(f"format {name}: the manual page has a section {section}",
           f"\n{section}\n{'=' * len(section)}\n" in page)
        ok(f"format {name}: the manual page tells its overhead", re.search(
            rf"(?m)^{re.escape(f'**{option[0]}**' if option else 'table')} .* ms$",
            page.split("\nOVERHEAD\n")[1]))
    for command in ("monitor", "replay"):
        said = subprocess.run([f"{BUILD}/bin/exitledger", command, "--help"], check=True,
                              capture_output=True, text=True).stdout
        offered = subprocess.run(
            [f"{BUILD}/bin/exitledger", "--complete", command, "--"], check=True,
            capture_output=True, text=True).stdout
        missing = [option for _, *options in formats for option in options
                   if f" {option} " not in said or f"\n{option}\t" not in offered]
        ok(f"{command}: help and completion have the formats", not missing, missing)


the_schema()
the_csv()
the_columns()
the_formats()
done()
