#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: linux_guest.py marks RUN CONSOLE | resets RUN REPLAY | cpuid CONSOLE
#                       | differences CONSOLE | watch CONSOLE
"""Compares the output on the Linux guest's console with the recording."""
import json
import re
import sqlite3
import sys


def console(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read().replace("\r", "")


def line(path, name):
    return re.search(f"^try-{name} (.*)$", console(path), re.M).group(1)


def marks_of(run, kind):
    rows = sqlite3.connect(run).execute(
        "SELECT text, kernel_exits, bpf_exits, bpf_before FROM mark"
        " WHERE kind = ? ORDER BY at_ns", (kind,))
    return list(rows)


def marks(run, path):
    """The guest's total at each mark equals the recorded one exactly."""
    recorded = marks_of(run, "guest")
    said = {text: int(exits) for text, exits in re.findall(
        r"^marked '(.*)', (\d+) exits so far$", console(path), re.M)}
    print(recorded, said)
    return (set(said) == {"init", "report"}
            and {mark[0] for mark in recorded} >= set(said)
            and all(kernel == bpf and before <= bpf and bpf > 1000
                    for _, kernel, bpf, before in recorded)
            and all(said.get(text, kernel) == kernel
                    for text, kernel, _, _ in recorded))


def resets(run, replay):
    """SeaBIOS executes RSM once per start; the first start is no reset."""
    with open(replay, encoding="utf-8") as file:
        total = json.loads(file.read().splitlines()[-1])
    starts = sum(reason["exits"] for vm in total["vms"]
                 for reason in vm["reasons"] if reason["name"] == "RSM")
    rows = marks_of(run, "reset")
    print(rows, starts)
    return (len(rows) >= 2 and starts - 1 <= len(rows) <= starts
            and all(mark[0] == "rebooting" and mark[1] is None
                    for mark in rows)
            and [mark[2] for mark in rows] == sorted({m[2] for m in rows}))


def counts(path, name):
    return {reason: int(exits) for reason, exits in
            (pair.split("=") for pair in line(path, name).split())}


def cpuid(path):
    """cpuid's counts lie between those of two reads by exitleaf; some reasons had no
    exits meanwhile, and their counts are equal."""
    before, after = counts(path, "before"), counts(path, "after")
    shown = {}
    for leaf, index, exits in re.findall(
            r"(0x\w+) (0x\w+) eax=(0x\w+) ebx=0x00000000 ecx=0x00000000"
            r" edx=0x00000000;", line(path, "cpuid")):
        reason = "total" if leaf == "0x4fffffff" else str(int(index, 16))
        shown[reason] = int(exits, 16)
    quiet = [reason for reason in shown
             if reason in before and before[reason] == after[reason]]
    print(before, shown, after, quiet)
    return ("total" in shown and len(quiet) >= 3
            and before["total"] < shown["total"] < after["total"]
            and all(before[reason] <= exits <= after[reason]
                    for reason, exits in shown.items()))


def difference(path, name):
    status, text = line(path, name).split(" ", 1)
    return int(status), json.loads(text)


def cpuids(of):
    return sum(row["exits"] for row in of["reasons"] if row["name"] == "CPUID")


def differences(path):
    """exitleaf's own CPUIDs are excluded exactly, and a command's are all included."""
    of = {name: difference(path, name)
          for name in ("mark4", "mark8", "status", "signal", "nothing")}
    print(of)
    return ([of[name][0] for name in of] == [0, 0, 7, 137, 127]
            and all(of[name][1]["status"] == of[name][0] for name in of)
            and cpuids(of["nothing"][1]) == 0
            and cpuids(of["mark8"][1]) == cpuids(of["mark4"][1]) + 1
            and all(one["exits"] > 0 and one["own_exits"] > 50
                    for _, one in of.values()))


def watch(path):
    """watch prints intervals, then their sum; SIGINT ends it with success."""
    status, text = line(path, "watch").split(" ", 1)
    lines = [json.loads(one + "}") for one in text.split("}")[:-1]]
    kinds = [one["kind"] for one in lines]
    print(status, lines)
    return (int(status) == 0 and len(lines) >= 3
            and kinds == ["interval"] * (len(lines) - 1) + ["total"]
            and sum(one["exits"] for one in lines[:-1]) <= lines[-1]["exits"])


sys.exit(not globals()[sys.argv[1]](*sys.argv[2:]))
