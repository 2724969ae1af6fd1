#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: rip_linux.py shift KALLSYMS OUT
#        rip_linux.py same KALLSYMS CONSOLE
#        rip_linux.py named JSON
#        rip_linux.py instructions JSON VMLINUX
"""Judges the functions that the exits of a Linux guest's boot come from."""
import hashlib
import json
import re
import struct
import sys

BASE = 0xffffffff81000000  # of a kernel without KASLR
KERNEL = 1 << 63  # the kernel's addresses begin here

# The first bytes of the instructions that cause exits of a reason.
INSTRUCTIONS = {
    "CPUID": r"0fa2", "HLT": r"f4", "MSR": r"0f3[02]",
    "IOIO": r"(f3)?(66)?(e[4-7c-f]|6[c-f])",
}
# The functions that a kernel does these with, at least.
EXPECTED = {"IOIO": {"io_serial_out", "io_serial_in", "pci_conf1_read"},
            "MSR": {"native_write_msr", "native_read_msr"},
            "CPUID": {"native_cpuid"}}


def shift(kallsyms, out):
    """Write the symbols of the same kernel without KASLR, and without modules."""
    with open(kallsyms, encoding="utf-8") as file:
        lines = [line for line in file if "[" not in line]
    text = next(int(line.split()[0], 16) for line in lines
                if line.split()[2] == "_text")
    with open(out, "w", encoding="utf-8") as file:
        for line in lines:
            at, rest = line.split(" ", 1)
            at = int(at, 16)
            at += BASE - text if at >= KERNEL else 0
            file.write(f"{at:016x} {rest}")
    return True


def same(kallsyms, console):
    """The guest has exactly these symbols: it printed their checksum."""
    with open(kallsyms, "rb") as file:
        ours = hashlib.md5(file.read()).hexdigest()
    with open(console, encoding="utf-8", errors="replace") as file:
        said = re.search(r"^try-symbols (\w+) ", file.read(), re.M).group(1)
    print(ours, said)
    return ours == said


def keys(path):
    """Yield (reason, key's object) of the total, in which nothing may be lost."""
    with open(path, encoding="utf-8") as file:
        total = json.loads(file.read().splitlines()[-1])
    for vm in total["vms"]:
        for row in vm["reasons"]:
            for key in row.get("keys", ()):
                yield row["name"], key
    assert not any(total["lost"].values()), total["lost"]


def named(path):
    """Of the exits in the kernel, 95 % or more have a symbol; the others are those of
    firmware, the kernel's decompressor and programs, which have none."""
    of = {"kernel": 0, "named": 0, "all": 0}
    functions = {}
    for reason, key in keys(path):
        inside = key["key"] >= KERNEL
        of["all"] += key["exits"]
        of["kernel"] += key["exits"] * inside
        if "key_name" not in key:
            continue
        assert inside, key
        of["named"] += key["exits"]
        function = key["key_name"].split("+")[0]
        functions[reason, function] = functions.get((reason, function), 0) + key["exits"]
    top = sorted(functions, key=functions.get, reverse=True)[:20]
    print(of, [(*one, functions[one]) for one in top])
    return (of["kernel"] > 10000 and of["named"] >= 0.95 * of["kernel"]
            and all((reason, name) in functions for reason, names in EXPECTED.items()
                    for name in names)
            and set(top) & {("IOIO", "io_serial_out"), ("MSR", "native_write_msr"),
                            ("CPUID", "native_cpuid")} != set())


def segments(elf):
    """The address, the bytes, of each part of an ELF file that is loaded."""
    at, = struct.unpack_from("<Q", elf, 32)
    size, number = struct.unpack_from("<HH", elf, 54)
    for i in range(number):
        kind, _, offset, address, _, length = struct.unpack_from(
            "<IIQQQQ", elf, at + i * size)
        if kind == 1:
            yield address, elf[offset:offset + length]


def instructions(path, vmlinux):
    """The kernel has an instruction that exits for the reason at each address, except
    where it has changed its code since."""
    with open(vmlinux, "rb") as file:
        parts = list(segments(file.read()))
    right, wrong = {}, {}
    for reason, key in keys(path):
        if reason not in INSTRUCTIONS or key["key"] < KERNEL:
            continue
        code = next((data[key["key"] - at:][:4].hex() for at, data in parts
                     if at <= key["key"] < at + len(data)), "")
        to = right if re.match(INSTRUCTIONS[reason], code) else wrong
        to[reason, key["key_name"], code] = \
            to.get((reason, key["key_name"], code), 0) + key["exits"]
    print(sum(right.values()), len(right), wrong)
    return (sum(right.values()) > 10000 and len(right) > 50
            and sum(wrong.values()) <= 0.01 * sum(right.values()))


sys.exit(not globals()[sys.argv[1]](*sys.argv[2:]))
