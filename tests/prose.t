#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Comments and the names of tests are sentences of their own: a comment does not begin
with "What", which leaves out the noun, and none continues another line's sentence.

PENDING has the rooms with comments that are still to be rewritten, and how many these may
be.  Lower the number with each comment that you rewrite; remove a room that has none left."""

import collections
import os
import re
import subprocess
import sys

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.dont_write_bytecode = True
sys.path.insert(0, "tests")
import tap  # noqa: E402

PENDING = {}

# Files of third parties, data, and patches of the kernel, which follow the kernel's style.
LEFT_OUT = ("LICENSES/", "kvm-instrumentation/patches/", "/data/", "/uplot/", "docs/")
SLASHES = re.compile(r"/\*+\s*(.*?)\s*\*/|//\s*([^\n]*(?:\n\s*//[^\n]*)*)", re.S)
HASHES = re.compile(r"(?m)(?:^|\s)#[ \t]+([^\n]*(?:\n[ \t]*#[ \t][^\n]*)*)")
DOCSTRING = re.compile(r'"""(.*?)"""', re.S)
NAME_OF_TEST = re.compile(r"""(?m)^\s*(?:ok|skip|tap\.ok)[ (]f?(["'])(.*?)\1""")


def texts(name, source):
    """Return the comments of a file, and the names of its tests."""
    if re.search(r"\.(c|h|S|def|js|css)$", name):
        found = [one or other for one, other in SLASHES.findall(source)]
    else:
        found = HASHES.findall(source) + DOCSTRING.findall(source)
    return found + [text for _, text in NAME_OF_TEST.findall(source)]


def is_bad(text):
    """Does a text begin with "What", or begin or end in the middle of a sentence?"""
    words = re.sub(r"\s*\n\s*(\*|#|//)?\s*", " ", text).strip(" *")
    return re.match(r"What\b(?![^.]*\?)|(\S+: )*(…|\.\.\.)", words) or words.endswith("…")


def room_of(name):
    """Return the room of a file: its first folder, or for userspace/ the first two."""
    parts = name.split("/")
    return "/".join(parts[:2]) if parts[0] == "userspace" and len(parts) > 2 else parts[0]


def main():
    """Check all files with comments."""
    files = subprocess.run(["git", "ls-files"], check=True, stdout=subprocess.PIPE,
                           text=True).stdout.split()
    bad = collections.defaultdict(list)
    looked_at = 0
    for name in files:
        if any(part in name for part in LEFT_OUT) or not os.path.isfile(name):
            continue
        if not re.search(r"\.(c|h|S|def|js|css|sh|py|t|mk|txt)$|Makefile$", name):
            with open(name, "rb") as file:
                if not file.read(2) == b"#!":
                    continue
        with open(name, encoding="utf-8") as file:
            source = file.read()
        found = texts(name, source)
        looked_at += len(found)
        for text in found:
            if is_bad(text):
                bad[room_of(name)].append(f"{name}: {' '.join(text.split())[:70]}")
    tap.ok("there are comments", looked_at > 5000, looked_at)
    for room in sorted({room_of(name) for name in files}):
        left = PENDING.get(room, 0)
        tap.ok(f"{room}: at most {left} comments are left that are no sentences",
               len(bad[room]) <= left, [len(bad[room])] + bad[room][:20])
    done = sorted(room for room in PENDING if not bad[room])
    tap.ok("PENDING has no room that is done", not done, done)
    tap.done()


main()
