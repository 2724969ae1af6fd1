#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Holds the tables of exit reasons against the headers of every kernel that the lab has
prepared: each reason of a header is in our table, under the header's name, and the names
that the kernel's trace events show can be given to --reason.  test_reasons.c does the same
with the headers that the compiler finds, which are those of this distribution's kernel."""

import glob
import os
import re
import subprocess
import sys
import tempfile

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.."))
sys.dont_write_bytecode = True
sys.path.insert(0, "tests")
from tap import done, ok, skip  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
UAPI = "usr/src/linux-headers-*-common/arch/x86/include/uapi/asm"
# By ISA: the prefix of the header's macros, and those that are no reason of the hardware:
# the list for trace events, bounds of the exceptions' range, and what software may use.
ISAS = {"vmx": ("EXIT_REASON_", ()),
        "svm": ("SVM_EXIT_", ("REASONS", "EXCP_BASE", "LAST_EXCP", "SW"))}


def read(path):
    """Return a file's text, without its comments."""
    with open(path, encoding="utf-8") as source:
        return re.sub(r"/\*.*?\*/", "", source.read(), flags=re.S)


def table(path):
    """Return {code: name} of a table."""
    return {int(code, 16): name for code, name in
            re.findall(r"(?m)^EXIT_REASON\((0x[0-9a-f]+), (\w+),", read(path))}


def defined(isa, header):
    """Return {name: code} of the header's macros; the code is None if it is no number."""
    prefix, others = ISAS[isa]
    found = {}
    for name, value in re.findall(rf"(?m)^#define {prefix}(\w+)[ \t]+(.*?)[ \t]*$", header):
        code = re.fullmatch(r"(-?(?:0x[0-9a-fA-F]+|\d+))(?:[uU]?[lL]*)", value)
        found[name] = int(code[1], 0) & 0xffffffff if code else None
    return {name: code for name, code in found.items() if name not in others}


def traced(isa, header):
    """Return [(macro, name)] of the list by which the kernel's trace events name reasons."""
    return re.findall(rf'\{{ {ISAS[isa][0]}(\w+),\s*"([^"]+)" \}}', header)


def aliases(isa):
    """Return {name in a trace event: our name}, as the ISA's file has them."""
    listed = re.search(r"struct isa_alias traced\[\] = \{(.*?)\n\};",
                       read(f"userspace/ledger/isa_{isa}.c"), flags=re.S)
    return dict(re.findall(r'\{ "(\w+)", "(\w+)" \}', listed[1])) if listed else {}


def faults(isa, ours, header):
    """Return a line for each reason that the table lacks or names differently."""
    wrong = []
    for name, code in defined(isa, header).items():
        if code is None:
            wrong.append(f"{name} is no number in the header")
        elif ours.get(code) != name:
            wrong.append(f"{code:#x} is {name} in the header, and {ours.get(code)} in the table")
    other = aliases(isa)
    for macro, name in traced(isa, header):
        name = re.sub("[- ]", "_", name).upper()
        if other.get(name, name) != macro:
            wrong.append(f"{macro} is {name} in trace events, which --reason does not know")
    return wrong


def check_kernel(series, folder):
    for isa in ISAS:
        header = read(f"{folder}/{isa}.h")
        wrong = faults(isa, tables[isa], header)
        ok(f"Linux {series}: {len(defined(isa, header))} reasons of {isa}.h are in our table",
           len(defined(isa, header)) > 50 and not wrong, "\n".join(wrong))
        ok(f"Linux {series}: {isa}.h has a list for trace events",
           len(traced(isa, header)) > 50, header[-500:])


def check_check(folder):
    """Test the check itself: it must notice a copy of a table that lacks a row or renames it."""
    for isa in ISAS:
        header = read(f"{folder}/{isa}.h")
        path = f"kvm-instrumentation/src/{isa}_exit_reasons.def"
        with open(path, encoding="utf-8") as source:
            lines = source.readlines()
        missed = []
        for name in defined(isa, header):
            row = [nr for nr, line in enumerate(lines) if f", {name}, " in line]
            for line in ("", lines[row[0]].replace(f" {name},", f" {name}X,")):
                with tempfile.NamedTemporaryFile("w", suffix=".def") as copy:
                    copy.writelines(lines[:row[0]] + [line] + lines[row[0] + 1:])
                    copy.flush()
                    found = faults(isa, table(copy.name), header)
                if not any(f"is {name} in the header" in fault for fault in found):
                    missed.append(f"{name}: {line or 'no row'}")
        ok(f"a row of {path} that is missing or has another name is found",
           not missed, "\n".join(missed))


tables = {isa: table(f"kvm-instrumentation/src/{isa}_exit_reasons.def") for isa in ISAS}
patched = subprocess.run(["lab/setup/series.sh", "patched"], check=True, text=True,
                         stdout=subprocess.PIPE).stdout.split()
newest = None
for kernel in patched:
    headers = glob.glob(f"{BUILD}/kernel/{kernel}/current/{UAPI}")
    if headers:
        check_kernel(kernel, headers[0])
        newest = headers[0]
    else:
        skip(f"all of {kernel}", f"Linux {kernel} (lab/setup/prepare.sh {kernel})")
if newest:
    check_check(newest)
done()
