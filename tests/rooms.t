#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Every room of userspace/ uses only the rooms that rooms.txt allows it.  Both the #include
lines of its files and the symbols that its objects need are checked.  No units use each other
in a circle.  Several files are one unit only if the room's README says so."""

import collections
import os
import re
import subprocess
import sys

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, "tests")
import tap  # pylint: disable=wrong-import-position

BUILD = os.environ.get("BUILD", "build")
HOUSE = "userspace"


def rooms_allowed():
    """Return {room: the rooms that it may use}."""
    allowed = {}
    with open("tests/rooms.txt", encoding="utf-8") as table:
        for line in table:
            if not line.startswith("#"):
                room, uses = line.split(":")
                allowed[room] = set(uses.split())
    return allowed


def sources(room):
    """Return the paths of a room's own files."""
    folder = os.path.join(HOUSE, room)
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder))
            if name.endswith((".c", ".h", ".S"))]


def room_of(path):
    """Return the room of a file below userspace/."""
    return os.path.dirname(os.path.relpath(path, HOUSE))


def included(path):
    """Yield the files of userspace/ that a file includes."""
    with open(path, encoding="utf-8") as source:
        for name in re.findall(r'^#include "([^"]+)"', source.read(), re.M):
            if os.path.exists(os.path.join(HOUSE, name)):
                yield os.path.join(HOUSE, name)


def unit(path):
    """Return a file's unit: a .c file and its .h are one unit."""
    return os.path.splitext(path)[0]


def one_unit(room):
    """Return the units of a room that have several files, as beginnings of their names."""
    with open(os.path.join(HOUSE, room, "README.md"), encoding="utf-8") as readme:
        text = " ".join(readme.read().split())
    return [os.path.join(HOUSE, room, name) for name in
            re.findall(r"`(\w+)\*` is one unit in several files", text) +
            re.findall(r"several files, and so is `(\w+)\*`", text)]


class Symbols:
    """The symbols that objects define, and those that they need."""

    def __init__(self, files):
        self.defined, self.needed = {}, collections.defaultdict(set)
        for path in files:
            made = os.path.join(BUILD, "obj", unit(path) + ".o")
            if not os.path.exists(made):
                sys.exit(f"rooms.t: {made} is not there; run make programs")
            out = subprocess.run(["nm", "-g", made], check=True, text=True,
                                 stdout=subprocess.PIPE).stdout
            for line in out.splitlines():
                kind, name = line.split()[-2:]
                if kind == "U":
                    self.needed[path].add(name)
                else:
                    self.defined[name] = path

    def uses(self):
        """Yield (file, another file that it needs, the symbol that it needs)."""
        for path, names in self.needed.items():
            for name in names:
                if self.defined.get(name, path) != path:
                    yield path, self.defined[name], name


def circles(graph):
    """Return the groups of units that use each other (Tarjan's algorithm)."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in graph.get(node, ()):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            group = []
            while not group or group[-1] != node:
                group.append(stack.pop())
            if len(group) > 1:
                found.append(sorted(group))

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def main():
    """Check each room, and look for circles."""
    allowed = rooms_allowed()
    folders = {os.path.relpath(path, HOUSE) for path, _, names in os.walk(HOUSE)
               if any(name.endswith((".c", ".h")) for name in names)
               and os.path.basename(path) != "tests"}
    tap.ok("rooms.txt has exactly the rooms that exist", folders == set(allowed),
           sorted(folders ^ set(allowed)))
    files = [path for room in allowed for path in sources(room)]
    symbols = Symbols([path for path in files if path.endswith((".c", ".S"))])
    wrong, graph = collections.defaultdict(list), collections.defaultdict(set)
    together = [name for room in allowed for name in one_unit(room)]

    def whole(path):
        return next((name for name in together if path.startswith(name)), unit(path))

    def used(path, other, how):
        room, theirs = room_of(path), room_of(other)
        if theirs != room and theirs not in allowed[room]:
            wrong[room].append(f"{path} {how} {other}")
        if whole(other) != whole(path):
            graph[whole(path)].add(whole(other))

    for path in files:
        for other in included(path):
            used(path, other, "includes")
    for path, other, name in symbols.uses():
        used(path, other, f"needs {name} of")
    for room in allowed:
        tap.ok(f"{room}: uses only rooms that it may use", not wrong[room], wrong[room])
        units = {unit(path) for path in sources(room)}
        tap.ok(f"{room}: no more than 30 units", len(units) <= 30, len(units))
        tap.ok(f"{room}: has a README", os.path.exists(f"{HOUSE}/{room}/README.md"))
    found = [" ".join(group) for group in circles(graph)]
    tap.ok("no files use each other in a circle", not found, found)
    tap.done()


main()
