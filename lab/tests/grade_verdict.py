#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Judges made-up results with lab/grade/verdict.py, for grade.t."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "grade"))

import facts  # noqa: E402
import page  # noqa: E402
import show  # noqa: E402
import verdict  # noqa: E402

LEAVES = facts.Leaves("made up", {"exits": 1, "cycles": 2, "reason-exits": 3,
                                  "reason-cycles": 4})
FAILED = []


def count(kernel, low, high=None, name=None, reads=1):
    """A result of a count; wrong if @kernel is outside of the bounds."""
    high = low if high is None else high
    data = {"tells": "reason-exits" if name else "exits", "reads": reads, "judged": reads,
            "wrong": 0, "kernel": kernel, "before": low, "after": high, "name": name}
    if not low <= kernel <= high:
        finding = {"rule": "kernel-low" if kernel < low else "kernel-high",
                   "text": f"KVM says {kernel}", "kernel": kernel, "low": low, "high": high}
        data |= {"wrong": reads, "right_until": 0, "first": finding, "last": finding}
    return facts.result_of(data)


def time(kernel_ns, bpf_ns, name=None, rate=2.0):
    """A result of a time; wrong if KVM's is less than BPF's."""
    data = {"tells": "reason-cycles" if name else "cycles", "reads": 1, "judged": 1,
            "wrong": 0, "exits": 10, "cycles": int(kernel_ns * rate),
            "kernel_ns": kernel_ns, "bpf_ns": bpf_ns, "name": name}
    if kernel_ns < bpf_ns:
        finding = {"rule": "time", "text": "less", "kernel": kernel_ns, "low": bpf_ns,
                   "high": bpf_ns}
        data |= {"wrong": 1, "first": finding, "last": finding}
    return facts.result_of(data)


def run(name, *results, **more):
    """A run whose total was read twice, and has grown."""
    made = facts.Run(name, 0, results=list(results),
                     registers=[(1, 0, 5, 0, 0, 0), (1, 0, 6, 0, 0, 0)])
    for key, value in more.items():
        setattr(made, key, value)
    return made


RIGHT = (count(3000, 3000), count(1000, 1000, name="CPUID"), count(300, 300, name="HLT"),
         time(100, 90), time(50, 40, "CPUID"))


def expect(what, runs, grade, *names, vendor="amd", complaints=()):
    """Judge, and note what is not as expected."""
    result = verdict.judge({made.name: made for made in runs}, LEAVES, vendor,
                           complaints)
    named = [mistake.name for mistake, _evidence in result.mistakes]
    if result.verdict != grade or named != list(names):
        FAILED.append(f"{what}: {result.verdict} {named}")
    # The output must not fail, and fits into 80 columns.
    wide = [line for line in show.as_text([("graded", what)], result) if len(line) > 80]
    if wide:
        FAILED.append(f"{what}: a wide line: {wide[0]}")
    show.as_data([("graded", what)], result)
    page.make([("graded", "<" + what)], result)
    return result


def main():
    """Judge all; return the exit status."""
    expect("right", [run("work", *RIGHT)], "RIGHT")
    handler = expect("handler", [run("work", *RIGHT[:3], time(30, 90), time(20, 40, "CPUID"))],
                     "RIGHT")
    if [leaf.time for leaf in handler.leaves] != ["", "handler", "", "handler"]:
        FAILED.append("handler: not explained")
    # KVM's handlers of single reasons take less time than BPF's, and all together do not.
    mixed = expect("mixed", [run("work", *RIGHT[:4], time(20, 40, "CPUID")),
                             run("wait", time(30, 90))], "RIGHT")
    if [leaf.time for leaf in mixed.leaves] != ["", "handler", "", "handler"]:
        FAILED.append("mixed: not explained")
    expect("warns", [run("work", *RIGHT)], "WRONG", "warns",
           complaints=("WARNING: at arch/x86/kvm/x86.c:1 [kvm]",))
    expect("unread", [run("work", *RIGHT[:3])], "INCONCLUSIVE")
    expect("unanswered", [run("work", *RIGHT, registers=[(1, 0, 7, 2, 0, 0)] * 3)],
           "NO GRADE")
    hung = expect("hung", [run("work", status=facts.HUNG, registers=[], limit=60)], "WRONG",
                  "hang")
    if hung.line != ("a guest hangs, work: the guest did not end in 60 s, nor did a second "
                     "one; it had not read any leaf; no leaf was wrong until then"):
        FAILED.append(f"hung: {hung.line}")
    late = expect("hung later", [run("work", *RIGHT),
                                 run("vcpus", count(700, 700), status=facts.HUNG)],
                  "WRONG", "hang")
    if "a guest hangs, vcpus: " not in late.line or "had had 700 exits" not in late.line:
        FAILED.append(f"hung later: {late.line}")
    linux = expect("Linux", [run("work", *RIGHT), run("linux", count(9000, 9000),
                                                      count(1400, 1400, name="CPUID"))],
                   "RIGHT")
    if not linux.notes[0].startswith("a Linux guest had 9,000 exits"):
        FAILED.append(f"Linux: {linux.notes}")
    expect("failed", [run("work", *RIGHT, text="command  ended with status 1: microguest")],
           "WRONG", "guest-fails")
    expect("nothing", [run("work", count(0, 3000), count(0, 9, name="HLT"))], "WRONG",
           "nothing")
    expect("host-wide", [run("work", *RIGHT), run("second", count(6000, 3000), *RIGHT[1:])],
           "WRONG", "host-wide")
    expect("late", [run("work", count(2999, 3000, reads=2), *RIGHT[1:])], "WRONG", "late")
    expect("one more", [run("work", count(3001, 3000, reads=2), *RIGHT[1:])], "WRONG",
           "one-more")
    expect("only CPUID", [run("work", count(1001, 3000), RIGHT[1], count(0, 300, name="HLT"),
                              *RIGHT[3:])], "WRONG", "only-cpuid")
    expect("some", [run("work", count(2700, 3000), RIGHT[1], count(0, 300, name="HLT"),
                        *RIGHT[3:])], "WRONG", "some-reasons")
    expect("own vCPU", [run("work", *RIGHT), run("vcpus", count(3000, 6000), *RIGHT[1:])],
           "WRONG", "own-vcpu")
    expect("reset", [run("work", *RIGHT), run("reset", count(20, 120), *RIGHT[1:])], "WRONG",
           "reset")
    expect("fast path", [run("work", *RIGHT), run("fast", count(2, 1002, name="MSR_WRITE"))],
           "WRONG", "fast-path", vendor="intel")
    expect("VM-Fail", [run("work", *RIGHT), run("vmfail", count(95, 94))], "WRONG",
           "no-exits", vendor="intel")
    expect("flags", [run("work", *RIGHT), run("failed", count(0, 1, name="INVALID_STATE"))],
           "WRONG", "flags", vendor="intel")
    turn = (1 << 32) / 2.0
    expect("u32", [run("work", *RIGHT), run("pause", time(1e9, 1e9 + turn, "IOIO"))], "WRONG",
           "u32-time")
    expect("no time", [run("work", *RIGHT[:4], time(0, 40, "CPUID"))], "WRONG", "no-time")
    expect("printk", [run("work", *RIGHT, logged=3000)], "WRONG", "printk")
    expect("another", [run("work", count(2500, 3000, 3000), *RIGHT[1:])], "WRONG")
    print("\n".join(FAILED) or "all as expected")
    return bool(FAILED)


if __name__ == "__main__":
    sys.exit(main())
