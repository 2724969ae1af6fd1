#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The lists that CONTRIBUTING.md names for additions are complete: code outside of them
does not depend on one reason, ISA or format."""

import os
import re
import subprocess
import sys

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, "tests")
import tap  # pylint: disable=wrong-import-position


def found(pattern, *folders):
    """Return {file: its lines that match} of all C files, except for tests."""
    files = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *folders], check=True, text=True,
        stdout=subprocess.PIPE).stdout.splitlines()
    hits = {}
    for name in files:
        if not name.endswith((".c", ".h")) or "/tests/" in name or not os.path.exists(name):
            continue
        with open(name, encoding="utf-8") as source:
            text = re.sub(r"/\*.*?\*/|//[^\n]*", "", source.read(), flags=re.S)
        lines = [line.strip() for line in text.splitlines() if re.search(pattern, line)]
        if lines:
            hits[name] = lines
    return hits


def only_in(name, hits, allowed):
    """All hits are in the files of a list, and each file of the list has one."""
    more = {path: lines for path, lines in hits.items() if path not in allowed}
    tap.ok(name, not more, "\n".join(f"{path}: {line}" for path in more
                                     for line in more[path]))
    missing = sorted(set(allowed) - set(hits))
    tap.ok(f"{name}: no file of the list has become needless", not missing, missing)


# The exceptions are: an ISA's own files; the choice of BPF programs that exist for only one
# ISA; the made-up vCPU of the bench, which is one of SVM; and the debugging lab's program,
# whose guests have the processor's instructions, as microguest's have.
only_in("vendors' exit reasons are named in their ISA's file alone",
        found(r"\bEXIT_(SVM|VMX)_(?!##)\w", "userspace", "bpf", "lab"),
        ["userspace/ledger/isa_svm.c", "userspace/ledger/isa_vmx.c"])
only_in("nothing decides by an ISA's number but its own files",
        found(r"\bEXIT_(LEAF_)?ISA_\w", "userspace", "bpf", "lab"),
        ["userspace/ledger/isa_svm.c", "userspace/ledger/isa_vmx.c",
         "userspace/ledger/reasons.h", "userspace/observe/observer_isa.c",
         "userspace/bench/bench_test_run.c", "bpf/exit_reason.h", "bpf/guest_rip.h",
         "lab/debug/churn.c"])
only_in("a vendor's module is named in its ISA's file alone",
        found(r"kvm_(amd|intel)\b", "userspace", "bpf"),
        ["userspace/ledger/isa_svm.c", "userspace/ledger/isa_vmx.c"])

# The header declares them for callers that need one particular format, such as tests.
with open("userspace/sample/render_monitor_formats.def", encoding="utf-8") as table:
    formats = re.findall(r"(?m)^FORMAT\((\w+)\)$", table.read())
only_in("an output format of monitor is named in its own file alone",
        found(rf"\b(render_monitor|monitor_format)_({'|'.join(formats)})\b", "userspace"),
        [f"userspace/sample/render_monitor_{name}.c" for name in formats] +
        ["userspace/sample/render_monitor.h"])

with open("userspace/bench/bench_save.def", encoding="utf-8") as table:
    formats = re.findall(r"(?m)^FORMAT\((\w+),", table.read())
only_in("a file's format of bench is named in its own file alone",
        found(rf"\b(bench_({'|'.join(formats)})_save|BENCH_FORMAT_({'|'.join(formats)}))\b",
              "userspace"),
        ["userspace/bench/bench_json.c", "userspace/bench/render_bench_svg.c"])
only_in("a report's formats are told apart by their rows alone",
        found(r"\b(render_report_(text|json)|render_run_compare_(text|json)|render_page|"
              r"render_compare_page)\b(?!\.h)", "userspace"),
        ["userspace/commands/report_formats.c", "userspace/report/render_report.c",
         "userspace/report/render_report.h", "userspace/report/render_report_json.c",
         "userspace/report/render_run_compare.c", "userspace/report/render_run_compare.h",
         "userspace/report/render_run_compare_json.c", "userspace/report/page/render_page.c",
         "userspace/report/page/render_page.h",
         "userspace/report/page/render_compare_page.c"])
only_in("JSON is written by one writer, value by value",
        found(r"\bjson_(pack|dump\w*|object_set\w*|array_append\w*|string\w*_new)\b|"
              r'\\"\w+\\":', "userspace", "guest", "lab"), [])

mutated = subprocess.run(["make", "-s", "-f", "Makefile", "-f", "-", "mutated"], check=True,
                         input="mutated:\n\t@echo $(MUTATED)\n", text=True,
                         stdout=subprocess.PIPE).stdout.split()
with open("lab/mutate/results.md", encoding="utf-8") as table:
    mutated += re.findall(r"(?m)^\| `(\S+)` \|", table.read())
tap.ok("the files that make mutate changes, and has changed, exist",
       len(mutated) > 20 and all(map(os.path.exists, mutated)),
       [name for name in mutated if not os.path.exists(name)])

tap.done()
