# SPDX-License-Identifier: GPL-2.0-only
"""Makes the text of docs/boot-study.md, in Markdown."""

import textwrap

from groups import NAMES, grouped

HOSTS = {
    "amd": ("AMD", "SVM, emulated by QEMU", "NPT"),
    "intel": ("Intel", "VMX, emulated by Bochs", "EPT"),
}


def paragraph(text):
    return textwrap.fill(" ".join(text.split()), 80,
                         break_on_hyphens=False) + "\n\n"


def quoted(lines):
    """Indent lines by four columns: Markdown shows them as they are."""
    return "".join(f"    {line}".rstrip() + "\n" for line in lines) + "\n"


def table(head, rows, text=(0,)):
    """Return a Markdown table; @text: the columns with text, not numbers."""
    cells = [head] + rows
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]

    def line(row):
        return "| " + " | ".join(
            cell.ljust(width) if i in text else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths))) + " |\n"

    rule = "|" + "|".join(
        "-" * (width + 2) if i in text else "-" * (width + 1) + ":"
        for i, width in enumerate(widths)) + "|\n"
    return line(head) + rule + "".join(map(line, rows)) + "\n"


def percent(part, whole):
    return f"{100 * part / whole:.1f} %" if whole else "-"


def host_name(host):
    return HOSTS[host.vendor][0]


def paging_of(run):
    extension = HOSTS[run.vendor][2]
    return f"no {extension}" if run.name == "shadow" else extension


def top(exits, number, width):
    """Name the most frequent reasons, as many as fit: "IOIO 41 %, INTR 16 %"."""
    whole = sum(exits.values())
    most = sorted(exits.items(), key=lambda item: -item[1])[:number]
    parts = [f"{name} {100 * count / whole:.0f} %" for name, count in most]
    while len(", ".join(parts)) > width and len(parts) > 1:
        parts.pop()
    return ", ".join(parts)


def all_runs(hosts):
    return [(host, run) for host in hosts for run in host.runs.values()]


def introduction(hosts, date):
    kernel = hosts[0].runs["nested"].meta["kernel"]
    names = " and ".join(f"{host_name(host)} ({HOSTS[host.vendor][1]})"
                         for host in hosts)
    return ("<!-- SPDX-License-Identifier: GPL-2.0-only -->\n"
            "# The VM exits of a Linux boot\n\n" + paragraph(f"""
        Written by `make boot-study` from runs of {date}: a guest under QEMU
        (`-M pc,pit=off`, one vCPU, 192 MB) boots Linux {kernel} on hosts with the same
        kernel, {names}, from its firmware to a login prompt on its serial
        console, recorded by `exitledger record`.""") + paragraph("""
        Counts are exact. Time is not: the hosts are emulated, a second of theirs
        is no second of anything, and some operations are slower there than
        others. So rates and times compare phases of a boot, not processors; and
        interrupts, of which there are more the longer a boot takes, are fewer on
        hardware.""") + notes(hosts))


def notes(hosts):
    text = ""
    for host in hosts:
        if host.vendor == "intel":
            text += paragraph("""
                As Bochs is slow, its guest leaves out some parts of Linux on which
                nothing depends here, such as self-tests (`lab/machine/bochs.sh` has the
                list), and intervals are of a second.""")
        for run in host.stuck.values():
            text += paragraph(f"""
                {host_name(host)}, {paging_of(run)}: that guest did not get to its
                login prompt, so it is not below.""")
    return text


def totals(hosts):
    rows = [[host_name(host), paging_of(run) +
             (", full log" if run.name == "console" else ""),
             f"{run.booted['kernel']:,}", f"{run.exits:,}",
             top(run.total, 2, 27)] for host, run in all_runs(hosts)]
    return ("## How many exits does a full boot take?\n\n" +
            table(["host", "with", "to login", "and reboot", "most of all"],
                  rows, text=(0, 1, 4)) + paragraph("""
        Up to the login prompt, by the guest's own mark there, and with the
        reboot that follows it. The console is quiet, but for notices and
        warnings; where it has all of the log, that is most of the exits: each
        character is an `OUT`, and more are the interrupts and status reads that
        go with it."""))


def share_line(run):
    """Return the words of the first line of the report's phases, which is the whole run."""
    lines = phase_lines(run)
    return lines[1].split()


def phase_lines(run):
    return block(run, "  SECONDS    EXITS/S")


def block(run, start):
    """Return the report's lines from the one that begins with @start up to an empty line."""
    lines = run.report.splitlines() + [""]
    first = next((i for i, line in enumerate(lines)
                  if line.startswith(start)), None)
    if first is None:
        return []
    return lines[first:lines.index("", first)]


def in_phases(run):
    """Return [(text, exits by reason)] for the parts between marks."""
    bounds = [(run.first_ns, "the first exit")]
    bounds += [(run.first_ns + int(at * 1e9), text)
               for at, text in run.phases]
    parts = []
    for i, (begin, text) in enumerate(bounds):
        end = bounds[i + 1][0] if i + 1 < len(bounds) else None
        exits = {}
        for at, _, counts in run.intervals:
            if at < begin - 1000 or end is not None and at >= end - 1000:
                continue
            for name, count in counts.items():
                exits[name] = exits.get(name, 0) + count
        parts.append((text, exits))
    return parts


def rate(hosts):
    text = "## Do exits increase at a stable rate?\n\n"
    run = hosts[0].runs["nested"]
    words = share_line(run)
    word = " ".join(words[8:])
    answer = ("No." if word in ("varies", "in bursts") else
              "Rather." if "steady" in word else "It cannot be told.")
    before = (run.first_ns - int(run.meta["started_ns"])) / 1e9
    text += paragraph(f"""
        {answer} Over the whole recording on the {host_name(hosts[0])} host, with the
        {before:.1f} s before the first exit, the rate of intervals of {int(run.meta['interval_ns']) // 1000000} ms has a
        coefficient of variation of {words[4]} %, where exits that come
        independently at a constant rate would have {words[6]} %: *{word}*.
        So say the phases, too (`exitledger report`, whose manual page has the
        words' definitions):""")
    for host in hosts:
        text += f"{host_name(host)}, {paging_of(host.runs['nested'])}:\n\n"
        text += quoted(phase_lines(host.runs["nested"]))
        changes = block(host.runs["nested"], "THE RATE CHANGED AT")
        text += quoted(changes) if changes else ""
    text += paragraph("""
        These charts are a part of the page that `exitledger report A B -o FILE.html`
        writes. A is the boot with nested paging, and B the one without. Both have the
        same scale and the same colours. A dashed line shows where the rate changed its
        level.""")
    for host in hosts:
        text += (f"![exits per second while Linux boots on the {host_name(host)} host]"
                 f"(boot-study-{host.vendor}.png)\n\n")
    return text


def operations(hosts):
    text = ("## Do some operations cause more?\n\n" +
            paragraph("""Each phase has reasons of its own. By intervals, so that
            those at a phase's borders may be the neighbour's:"""))
    for host in hosts:
        text += f"{host_name(host)}, {paging_of(host.runs['nested'])}:\n\n"
        rows = [[name, f"{sum(exits.values()):,}", top(exits, 3, 41)]
                for name, exits in in_phases(host.runs["nested"]) if exits]
        text += table(["from", "exits", "of these"], rows, text=(0, 2))
    if any(host.work for host in hosts):
        text += paragraph("""
            And one operation at a time, by `exitwork` (see its manual page) in a
            guest with two vCPUs: exits per operation, interrupts and whatever else
            came meanwhile included, and the most frequent reasons:""")
    for host in hosts:
        if host.work:
            text += works(host)
    return text


def works(host):
    """Return the table of exits per operation of each workload."""
    nested = {w["workload"]: w for w in host.work.get("work", [])}
    shadow = {w["workload"]: w for w in host.work.get("work-shadow", [])}
    extension = HOSTS[host.vendor][2]
    runs = [(extension, nested)]
    if shadow:
        runs.append((f"no {extension}", shadow))
    last, shown = runs[-1]
    rows = []
    # A workload that one of the guests could not do is missing.
    for name, work in {**shadow, **nested}.items():
        reasons = {r["name"]: r["exits"]
                   for r in shown.get(name, {}).get("reasons", [])}
        rows.append([f"`{name}`", f"{work['operations']:,}"] +
                    [f"{run[name]['exits'] / run[name]['operations']:,.2f}"
                     if name in run else "-" for _, run in runs] +
                    [top(reasons, 2, 30) if reasons else "-"])
    text = f"{host_name(host)}:\n\n" + table(
        ["workload", "times"] + [name for name, _ in runs] +
        [f"reasons, {last}"], rows, text=(0, len(runs) + 2))
    if host.unmet:
        text += paragraph("Not done, or with other exits than exitwork expects: " +
                          ", ".join(host.unmet) + ".")
    return text


def frequent(hosts):
    text = "## Which reasons are most and least frequent?\n\n"
    for host in hosts:
        run = host.runs["nested"]
        most = sorted(run.total.items(), key=lambda item: (-item[1], item[0]))
        text += f"{host_name(host)}, {paging_of(run)}, to its end:\n\n"
        rows = [[name, f"{count:,}", percent(count, run.exits)]
                for name, count in most]
        rows.append(["total", f"{run.exits:,}", percent(1, 1)])
        text += table(["reason", "exits", "share"], rows)
    return text


def comparison(head, runs):
    """Return a table of groups of reasons, with a column per run."""
    sums = [grouped(run.vendor, run.total) for run in runs]
    rows = [[name] + [f"{s[name]:,}" for s in sums] for name in NAMES
            if any(s[name] for s in sums)]
    rows.append(["total"] + [f"{run.exits:,}" for run in runs])
    return table(["reasons"] + head, rows)


def paging(hosts):
    text = ("## With nested paging and without\n\n" + paragraph("""
        With nested paging (NPT, EPT) the guest's page tables are its own: what is
        left to the host is a page's first touch. Without, KVM keeps shadow page
        tables in their place, and must see whatever changes what they would say:
        each write to CR3, which is each switch to another address space; each
        INVLPG; and each page fault, to tell the guest's own from those that only
        the shadow has, and from writes to page tables, which it has made
        read-only. MMIO is a page fault then, too. A kernel that boots does much of
        that: it maps memory, and patches its own code, for each place by way of an
        address space of its own (two writes to CR3, and one to a page table)."""))
    for host in hosts:
        if "shadow" not in host.runs:
            continue
        runs = [host.runs["nested"], host.runs["shadow"]]
        text += f"{host_name(host)}:\n\n"
        text += comparison([paging_of(run) for run in runs], runs)
        factor = runs[1].exits / runs[0].exits
        new = {name: count - runs[0].total.get(name, 0)
               for name, count in runs[1].total.items()}
        gone = sorted(new.items(), key=lambda item: -item[1])[:3]
        text += paragraph(
            f"{factor:.1f} times the exits. What is more, above all: " +
            ", ".join(f"{name} (+{count:,})" for name, count in gone) + ".")
        text += origins(host)
    return text


def origins(host):
    """Return a table of the functions in the guest's kernel that cause most exits."""
    if not host.where:
        return ""
    names = host.runs["shadow"].names
    rows = [[f"`{function}`", names.get(reason, str(reason)), f"{count:,}"]
            for count, reason, function in host.where]
    return paragraph(f"""
        The instructions of the guest's kernel that exited most on the
        {host_name(host)} host without {HOSTS[host.vendor][2]}, by the tracepoint's
        `guest_rip`:""") + table(["in", "reason", "exits"], rows, text=(0, 1))


def vendors(hosts):
    if len(hosts) < 2:
        return ""
    runs = [host.runs["nested"] for host in hosts]
    return ("## AMD and Intel\n\n" +
            comparison([f"{host_name(host)}, {paging_of(run)}"
                        for host, run in zip(hosts, runs)], runs) +
            paragraph("""
        The same guest, but for what was left out, counted differently. On Intel, KVM arms
        the VMX preemption timer for the guest's APIC timer, and its end is an
        exit (in *interrupts*, with the emulated hosts' own); SVM has none, and a
        timer of the host interrupts the guest instead. On Intel, MMIO is told by
        an EPT misconfiguration, on AMD by a nested page fault. SVM asks for an
        exit before a virtual interrupt's delivery by VINTR, VMX by an interrupt
        window. How many nested page faults there are depends on how large the
        pages are with which the host backs the guest: the small host that Bochs
        emulates has no transparent huge pages, and `first_touch`, above, tells."""))


def exactness(hosts):
    text = ("## Are the counts right?\n\n" + paragraph("""
        At each of its own marks (`exitleaf --mark`) the guest was told by KVM how
        many exits it had had, leaf 0x4FFFFFFF; the run has what BPF had counted
        at that very moment:"""))
    rows = []
    for host, run in all_runs(hosts):
        for mark in run.marks:
            if mark["kind"] == "guest":
                rows.append([host_name(host), run.name, mark["text"],
                             f"{mark['kernel']:,}", f"{mark['bpf']:,}",
                             f"{mark['kernel'] - mark['bpf']:,}"])
    return text + table(["host", "run", "mark", "guest's leaf", "record",
                         "difference"], rows, text=(0, 1, 2))


def page(hosts, date):
    return (introduction(hosts, date) + totals(hosts) + rate(hosts) +
            operations(hosts) + frequent(hosts) + paging(hosts) +
            vendors(hosts) + exactness(hosts)).rstrip() + "\n"
