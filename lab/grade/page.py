# SPDX-License-Identifier: GPL-2.0-only
"""Makes a page of a grade: one file, without scripts."""

from html import escape

import show

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto;
       padding: 0 1rem; color: #1b1f24; background: #fff; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
h3 { font-size: 1rem; margin: 1.2rem 0 .2rem; } p { margin: .3rem 0; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem;
         border-bottom: 1px solid #d5d9de; }
td.number, code { font-family: ui-monospace, monospace; }
.grade { padding: .8rem 1rem; border-left: .5rem solid; background: #f4f6f8; }
.grade.RIGHT { border-color: #1a7f37; } .grade.WRONG { border-color: #b3261e; }
.grade.INCONCLUSIVE, .grade.NO_GRADE { border-color: #8a6100; }
td.RIGHT { color: #1a7f37; } td.WRONG { color: #b3261e; font-weight: 600; }
ul { margin: .2rem 0; padding-left: 1.2rem; } small { color: #57606a; }
"""


def items(texts):
    """Return a list, if there is anything in it."""
    if not texts:
        return ""
    return "<ul>" + "".join(f"<li>{escape(text)}</li>" for text in texts) + "</ul>"


def leaf_row(leaf):
    """Return the row of a leaf."""
    what = show.MEANS[leaf.tells]
    time = show.TIMES[leaf.time]
    return (f'<tr><td class="number">0x{leaf.number:08x}</td><td>{escape(what)}'
            f"{'<br><small>' + escape(time) + '</small>' if time else ''}</td>"
            f'<td class="{leaf.verdict}">{leaf.verdict}</td>'
            f"<td>{leaf.reads:,}</td><td>{items(show.evidence_of(leaf))}</td></tr>\n")


def leaf_table(leaves):
    """Return the table of the leaves."""
    if not leaves:
        return ""
    return ("<h2>The leaves</h2>\n<table><tr><th>Leaf</th><th>Tells</th><th>Grade</th>"
            "<th>Reads</th><th>Evidence</th></tr>\n"
            + "".join(leaf_row(leaf) for leaf in leaves) + "</table>\n")


def mistake_part(found):
    """Return the mistakes that show."""
    if not found:
        return ""
    return "<h2>What is probably wrong</h2>\n" + "".join(
        f"<h3>{escape(mistake.title)}</h3>\n<p>{escape(mistake.where)}</p>\n"
        f"<p><small>Shown by: {escape(evidence)}</small></p>\n"
        for mistake, evidence in found)


def make(what, verdict):
    """Return the page; @what: [(head, text)] about what was graded."""
    facts = "".join(f"<li>{escape(head)}: <code>{escape(text)}</code></li>"
                    for head, text in what)
    notes = f"<h2>Notes</h2>{items(verdict.notes)}" if verdict.notes else ""
    return (f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
            f"<title>Grade: {verdict.verdict}</title>\n<style>{STYLE}</style></head><body>\n"
            f"<h1>Exit counters, graded</h1>\n<ul>{facts}</ul>\n"
            f'<p class="grade {verdict.verdict.replace(" ", "_")}"><b>{verdict.verdict}</b>: '
            f"{escape(verdict.line)}</p>\n{leaf_table(verdict.leaves)}"
            f"{mistake_part(verdict.mistakes)}{notes}</body></html>\n")
