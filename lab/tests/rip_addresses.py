#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: rip_addresses.py TEST JSON KALLSYMS CODE
"""Compares the addresses that the monitor shows with the micro-guest's code."""
import json
import sys
from bisect import bisect_right

# The instructions that cause exits of a reason, as their first bytes.
INSTRUCTIONS = {
    "CPUID": ("0fa2",), "HLT": ("f4",), "IOIO": ("e6", "e4"),
    "IO_INSTRUCTION": ("e6", "e4"), "MSR": ("0f30", "0f32"), "MSR_READ": ("0f32",),
    "MSR_WRITE": ("0f30",), "VMMCALL": ("0f01d9",), "VMCALL": ("0f01c1",),
    "VMRUN": ("0f01d8",),
}
CODE_AT = 0x1000


def total(path):
    """Return the monitor's last line, which is the total."""
    with open(path, encoding="utf-8") as file:
        return json.loads(file.read().splitlines()[-1])


def symbols(path):
    """Return the symbols, sorted: (address, name)."""
    with open(path, encoding="utf-8") as file:
        return sorted((int(line.split()[0], 16), line.split()[2]) for line in file)


def rows(path):
    """Return the rows of all reasons of all VMs."""
    return [row for vm in total(path)["vms"] for row in vm["reasons"]]


def by_symbol(path, kallsyms):
    """Exits by reason and symbol, and by symbol and offset."""
    known = symbols(kallsyms)
    reasons, places = {}, {}
    for row in rows(path):
        for key in row.get("keys", ()):
            at, name = known[bisect_right(known, (key["key"], "~")) - 1]
            reasons.setdefault(row["name"], {})
            reasons[row["name"]][name] = \
                reasons[row["name"]].get(name, 0) + key["exits"]
            places.setdefault(name, {})[key["key"] - at] = key["exits"]
    return reasons, places


def whole(path, _kallsyms, _code):
    """Each exit has an address, and none was lost."""
    lost = {k: v for k, v in total(path)["lost"].items() if v}
    sums = {row["name"]: (row["exits"], sum(k["exits"] for k in row.get("keys", ())))
            for row in rows(path)}
    print(lost, sums)
    return not lost and all(exits == keys for exits, keys in sums.values())


def nested(path, kallsyms, _code):
    """Exits of the guest's guest have no address, are counted, and are all that do."""
    lost = total(path)["lost"]
    missing = sum(row["exits"] - sum(k["exits"] for k in row.get("keys", ()))
                  for row in rows(path))
    reasons, _ = by_symbol(path, kallsyms)
    print(lost, missing, reasons)
    return (missing == lost["no_key"] >= 100
            and reasons["VMRUN"] == {"do_nested": 100}
            and not any("nested_0" in of for of in reasons.values()))


def places(path, kallsyms, _code):
    """All 64 addresses have their CPUID's exits, and as many as each other."""
    _, at = by_symbol(path, kallsyms)
    exits = [at.get(f"place_{i}", {}).get(0) for i in range(64)]
    print(exits)
    return None not in exits and len(set(exits)) == 1 and exits[0] >= 10


def instructions(path, _kallsyms, code):
    """At each address there is an instruction that exits for the reason."""
    with open(code, "rb") as file:
        memory = file.read()
    seen, wrong = set(), []
    for row in rows(path):
        for key in row.get("keys", ()):
            at = key["key"] - CODE_AT
            found = memory[at:at + 3].hex()
            if row["name"] not in INSTRUCTIONS:
                continue
            seen.add(key["key"])
            if not found.startswith(INSTRUCTIONS[row["name"]]):
                wrong.append((row["name"], hex(key["key"]), found))
    print(len(seen), wrong)
    return len(seen) > 64 and not wrong


def work(path, kallsyms, _code):
    """The exits of each kind of work come from its code, as many as were asked for."""
    reasons, _ = by_symbol(path, kallsyms)
    print(reasons)
    wanted = {"do_hlt": 20, "do_rdmsr": 125, "do_wrmsr": 100, "do_vmcall": 62,
              "do_out": 250, "do_in": 50}
    vcpus = sum(vm["vcpus"] for vm in total(path)["vms"])
    own = [n for n in INSTRUCTIONS if n in reasons]
    got = {name: sum(reasons[n].get(name, 0) for n in own) for name in wanted}
    return got == {name: vcpus * nr for name, nr in wanted.items()}


sys.exit(not globals()[sys.argv[1]](*sys.argv[2:]))
