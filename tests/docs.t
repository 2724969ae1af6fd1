#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The files, functions and targets that the project's own pages name exist."""

import os
import re
import subprocess
import sys

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, "tests")
import tap  # pylint: disable=wrong-import-position

# In these pages, a path in backquotes starts at the top of the project.
PAGES = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "docs/cookbook.md"]


def tracked():
    """Return all files of the project, and their folders."""
    files = subprocess.run(["git", "ls-files"], check=True, text=True,
                           stdout=subprocess.PIPE).stdout.split()
    folders = {"/".join(file.split("/")[:depth]) for file in files
               for depth in range(1, file.count("/") + 1)}
    return set(files) | folders


def targets():
    """Return the targets that the makefile has."""
    words = set()
    with open("Makefile", encoding="utf-8") as makefile:
        for line in re.findall(r"^([a-z][a-z -]*):", makefile.read(), re.M):
            words |= set(line.split())
    return words


def units(room):
    """Return the names of a room's files without their extensions."""
    return {re.sub(r"\.\w+$", "", name) for name in os.listdir(room)}


def page(name, files, known):
    """Check the paths, functions and targets of a page."""
    with open(name, encoding="utf-8") as source:
        text = source.read()
    paths = {path.rstrip("/") for path in
             re.findall(r"`([\w.-]+/[\w./-]*)`", text)}
    paths |= {os.path.normpath(os.path.join(os.path.dirname(name), path))
              for path in re.findall(r"\]\(([\w./-]+)\)", text)
              if not path.startswith("http")}
    missing = sorted(path for path in paths if path not in files
                     and not path.startswith("build"))
    tap.ok(f"{name}: its {len(paths)} paths are there", not missing, missing)
    called = set(re.findall(r"`(\w+)\(\)`", text))
    missing = [function for function in sorted(called) if subprocess.run(
        ["git", "grep", "-qw", function, "--", "*.c", "*.h", "*.patch"],
        check=False).returncode]
    tap.ok(f"{name}: its {len(called)} functions are there", not missing, missing)
    asked = set(re.findall(r"`make ([a-z][a-z-]*)\b", text)) | set(
        re.findall(r"^    make ([a-z][a-z-]*)\b", text, re.M))
    missing = sorted(asked - known - {"build"})
    tap.ok(f"{name}: its {len(asked)} targets are there", not missing, missing)


def room(path):
    """The table of a room's README has its units, and no others."""
    with open(os.path.join(path, "README.md"), encoding="utf-8") as source:
        text = " ".join(re.findall(r"^\| (`.*?) \|", source.read(), re.M))
    named = set(re.findall(r"`([\w.*]+)`", text))
    there = units(path) - {"README", "tests", "web", "page"}
    pattern = re.compile("|".join(
        re.sub(r"\.h$", "", name).replace("*", r"\w*") + "$" for name in named))
    missing = sorted(name for name in there if not pattern.match(name))
    tap.ok(f"{path}: its README names all units", not missing, missing)
    gone = sorted(name for name in named if not any(
        re.match(re.sub(r"\.h$", "", name).replace("*", r"\w*") + "$", unit)
        for unit in there))
    tap.ok(f"{path}: its README names no other units", not gone, gone)


def kinds():
    """The numbers of kinds of work in guest/README.md are right."""
    with open("guest/micro_kinds.def", encoding="utf-8") as source:
        rows = re.findall(r"^MICRO_KIND\(\w+, (\w+), (\w+),", source.read(), re.M)
    with open("guest/README.md", encoding="utf-8") as source:
        text = source.read()
    said = re.search(r"(\d+) kinds on AMD and (\d+) on Intel", text)
    listed = [sum(row[isa] != "NONE" for row in rows) for isa in (0, 1)]
    tap.ok("guest/README.md: has the numbers of kinds of work",
           said and [int(number) for number in said.groups()] == listed, listed)


def main():
    """Check all pages and all rooms."""
    files, known = tracked(), targets()
    for name in PAGES:
        page(name, files, known)
    with open("tests/rooms.txt", encoding="utf-8") as table:
        for line in table:
            if not line.startswith("#"):
                room("userspace/" + line.split(":")[0])
    kinds()
    tap.done()


main()
