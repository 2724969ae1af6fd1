#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The sources in advise.def exist, as far as this can be checked: the named files of
Linux's source contain the words that a rule says to look for."""

import os
import re
import subprocess
import sys

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.."))
sys.dont_write_bytecode = True
sys.path.insert(0, "tests")
from tap import done, ok, skip  # noqa: E402

SERIES = subprocess.run(["lab/setup/series.sh", "default"], check=True, text=True,
                        stdout=subprocess.PIPE).stdout.strip()
LINUX = os.path.join(os.environ.get("BUILD", "build"), f"kernel/{SERIES}/current/source")
# The lab keeps only these directories of Linux's source.
KEPT = ("Documentation/virt/kvm/", "arch/x86/kvm/", "virt/kvm/")
FORM = re.compile(r"(?P<file>(?:Documentation|arch|kernel|virt)/[\w./-]+\.(?:rst|txt|c|h))"
                  r"(?: \((?P<words>[^()]+)\))?$"
                  r'|(?:SDM|APM) volume \d, "[^"]+"$'
                  r"|QEMU's docs/[\w./-]+\.rst(?: \([\w-]+\))?$")


def rules():
    """Return {id: sources} of all rules."""
    with open("userspace/advise/advise.def", encoding="utf-8") as table:
        text = table.read()
    found = {}
    for row in re.split(r"^ADVICE\(", text, flags=re.M)[1:]:
        sources = re.search(r'\.sources = ((?:\s*"(?:[^"\\]|\\.)*")+)', row)[1]
        found[re.match(r'"([a-z-]+)"', row)[1]] = "".join(
            part.replace('\\"', '"') for part in re.findall(r'"((?:[^"\\]|\\.)*)"', sources))
    return found


def missing(path, words):
    """Return the words that a file lacks; a section's number ends with a dot there."""
    with open(os.path.join(LINUX, path), encoding="utf-8", errors="replace") as file:
        text = file.read()
    wanted = [word.split(":")[0].strip() for word in (words or "").split(",")]
    return [word for word in wanted if word and not re.search(
        rf"^{re.escape(word)}\." if re.match(r"[\d.]+$", word) else rf"\b{re.escape(word)}",
        text, re.M)]


def look_up(name, sources):
    """Check the sources of one rule."""
    wrong, looked = [], 0
    for source in sources.split("; "):
        form = FORM.match(source)
        if not form:
            wrong.append(f"{source}: names neither a file nor a manual's section")
        elif form["file"] and form["file"].startswith(KEPT) and os.path.isdir(LINUX):
            looked += 1
            if not os.path.exists(os.path.join(LINUX, form["file"])):
                wrong.append(f"{form['file']}: is not there")
            else:
                wrong += [f"{form['file']}: has no {word}"
                          for word in missing(form["file"], form["words"])]
    ok(f"{name}: its sources are there, of which {looked} were looked up", not wrong,
       "\n".join(wrong))
    return looked


table = rules()
ok("there are rules", len(table) >= 15, table)
total = sum(look_up(name, sources) for name, sources in table.items())
if os.path.isdir(LINUX):
    ok("most rules have a source that was looked up", total > len(table), total)
else:
    skip("the words are in Linux's files", f"Linux {SERIES} (lab/setup/prepare.sh {SERIES})")
done()
