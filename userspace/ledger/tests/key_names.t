#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Holds the tables of keys' names against Linux's own headers, and against each other:
sorted, without overlaps, and short enough for their column."""

import glob
import os
import re
import subprocess
import sys

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.."))
sys.dont_write_bytecode = True
sys.path.insert(0, "tests")
from tap import done, ok, skip  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
HEADERS = [
    "arch/x86/include/asm/msr-index.h", "arch/x86/include/asm/mtrr.h",
    "arch/x86/include/asm/apicdef.h", "arch/x86/include/uapi/asm/kvm_para.h",
    "arch/x86/include/uapi/asm/mtrr.h",
    "arch/x86/include/asm/hyperv-tlfs.h", "include/uapi/linux/kvm_para.h",
    "include/xen/interface/xen.h", "include/hyperv/hvgdk.h",
    "include/hyperv/hvgdk_mini.h",
]
OURS = "kvm-instrumentation/src/exit_leaves.h"
ROW = re.compile(r'^(?:APIC_)?KEYS\((\w+), (\w+), (?:(\w+), )?"([^"]*)", (\w+)\)$')
with open("userspace/ledger/key_names.h", encoding="utf-8") as header:
    WIDTH = int(re.search(r"#define KEY_NAME_WIDTH (\d+)", header.read())[1])


def rows(kind):
    """Return [(first, count, per, name, source)] of a table; every line of it is a row."""
    with open(f"userspace/ledger/key_{kind}.def", encoding="utf-8") as table:
        text = re.sub(r"/\*.*?\*/", "", table.read(), flags=re.S)
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        row = ROW.match(line)
        if not row:
            ok(f"key_{kind}.def: each line is a row", False, line)
            continue
        first, count = int(row[1], 0), int(row[2], 0)
        per = int(row[3] or "1", 0)
        found.append((first, count, per, row[4], row[5]))
    return found


def values(paths):
    """Return {macro: its value} of the macros that are a number, or a number plus an index."""
    found = {}
    for path in paths:
        if not os.path.exists(path):
            continue
        with open(path, encoding="utf-8", errors="replace") as source:
            for name, value in re.findall(
                    r"^#\s*define\s+(\w+)(?:\(\w+\))?\s+"
                    r"\(?(0x[0-9a-fA-F]+|\d+)[uUlL]*(?: \+ .*|\)?\s*(?:/\*.*)?)$",
                    source.read(), flags=re.M):
                found.setdefault(name, int(value, 0))
    return found


def number(kind, key):
    """Return a key as text, as the tables in a terminal show it."""
    return str(key) if kind == "hypercalls" else f"{key:#x}"


def check_form(kind, table, unit):
    """Check a table.  Each of the @count keys of a row has @unit numbers."""
    wrong, end = [], -1
    for first, count, per, name, _ in table:
        if first < end:
            wrong.append(f"{first:#x} {name}: not after the row before it")
        end = first + count * unit
        if "%u" in name and not per or "%" in name.replace("%u", "", 1):
            wrong.append(f"{name}: which of several?")
        if kind != "apic" and "%u" not in name and per:
            wrong.append(f"{name}: has no %u to tell them apart")
        for index in (0, count - 1):
            text = name.replace("%u", str(index // per if per else index))
            key = 0xfee00000 + first if kind == "apic" else first + index
            if len(f"{number(kind, key)} {text}") > WIDTH:
                wrong.append(f"{text}: longer than {WIDTH} columns with {key:#x}")
    ok(f"key_{kind}.def is sorted, and its names fit", table and not wrong,
       "\n".join(wrong))


def check_values(kind, table, known, where, complete=True):
    """Check a table's numbers against the values of macros.  @known has all macros of the
    table if @complete is true."""
    wrong = [f"{name}: {source} is {known.get(source, 'not there')}, not {first:#x}"
             for first, _, _, name, source in table
             if source != "SPEC" and known.get(source) != first
             and (complete or source in known)]
    ok(f"key_{kind}.def has the numbers of {where}", not wrong, "\n".join(wrong))


newest = subprocess.run(["lab/setup/series.sh", "tested"], check=True, text=True,
                        stdout=subprocess.PIPE).stdout.split()[-1]
kernels = sorted(glob.glob(f"{BUILD}/kernel/*/current/usr/src/linux-headers-*-common"))
tables = {kind: rows(kind) for kind in
          ("ports", "mmio", "msrs", "hypercalls", "cpuid", "apic")}
for kind, table in tables.items():
    check_form(kind, table, 16 if kind == "apic" else 1)
check_values("cpuid", tables["cpuid"], values([OURS]), OURS)
for kind in ("msrs", "mmio", "hypercalls", "apic"):
    # Newer kernels may have added names to the headers.
    known = values([f"{kernel}/{header}" for kernel in reversed(kernels)
                    for header in HEADERS])
    if kernels:
        complete = any(f"/kernel/{newest}/" in kernel for kernel in kernels)
        check_values(kind, tables[kind], known, "Linux's headers", complete)
        if not complete:
            skip(f"key_{kind}.def has no name that Linux lacks",
                 f"Linux {newest} (lab/setup/prepare.sh {newest})")
    else:
        skip(f"key_{kind}.def has the numbers of Linux's headers",
             "the headers of a kernel of the lab")
done()
