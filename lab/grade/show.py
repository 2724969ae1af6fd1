# SPDX-License-Identifier: GPL-2.0-only
"""Shows a grade as text, and as plain data for JSON."""

import textwrap

# More evidence than this for a leaf tells nothing new.
MOST_LINES = 4
MEANS = {"exits": "all exits", "cycles": "all cycles", "reason-exits": "exits by reason",
         "reason-cycles": "cycles by reason"}
TIMES = {"entry": "up to the next entry", "handler": "in KVM's handler alone", "": ""}


def wrapped(head, text):
    """Return lines of 80 columns; @head is before the first one."""
    return textwrap.wrap(text, 80, initial_indent=f"{head:<9}", subsequent_indent=" " * 9,
                         break_long_words=False, break_on_hyphens=False)


def evidence_of(leaf):
    """Return the evidence against a leaf, a text each, and how much more there is."""
    evidence = leaf.lines()
    shown = evidence[:MOST_LINES]
    if len(evidence) > MOST_LINES:
        shown.append(f"and {len(evidence) - MOST_LINES} more like these")
    return shown


def leaf_lines(leaf):
    """Return the lines about a leaf."""
    what = MEANS[leaf.tells]
    if leaf.time:
        what += f", {TIMES[leaf.time]}"
    lines = [f"{'leaf':<9}0x{leaf.number:08x}  {leaf.verdict:<12}  {what}"]
    for text in evidence_of(leaf):
        lines += wrapped("", text)
    return lines


def as_text(what, verdict):
    """Return the lines for a terminal; @what: [(head, text)] about what was graded."""
    lines = []
    for head, text in what:
        lines += wrapped(head, text)
    for leaf in verdict.leaves:
        lines += leaf_lines(leaf)
    for mistake, evidence in verdict.mistakes:
        lines += wrapped("mistake", f"{mistake.title} [{mistake.name}]")
        lines += wrapped("shown by", evidence)
        lines += wrapped("look at", mistake.where)
    for note in verdict.notes:
        lines += wrapped("note", note)
    return lines + wrapped("grade", f"{verdict.verdict}: {verdict.line}")


def as_data(what, verdict):
    """Return the same as a dictionary for JSON."""
    return {
        "format": "exitledger-grade",
        "version": 1,
        "what": dict(what),
        "grade": verdict.verdict,
        "status": verdict.status,
        "line": verdict.line,
        "leaves": [{
            "leaf": leaf.number,
            "tells": leaf.tells,
            "grade": leaf.verdict,
            "reads": leaf.reads,
            "time": leaf.time or None,
            "evidence": [{
                "run": run,
                "reason": result.reason,
                "name": result.name,
                "reads": result.reads,
                "wrong": result.wrong,
                "right_until": result.data.get("right_until"),
                "first": result.first,
                "last": result.last,
            } for run, result in leaf.wrong],
        } for leaf in verdict.leaves],
        "mistakes": [{"name": mistake.name, "title": mistake.title, "evidence": evidence,
                      "look_at": mistake.where} for mistake, evidence in verdict.mistakes],
        "notes": verdict.notes,
    }
