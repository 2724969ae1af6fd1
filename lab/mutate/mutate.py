#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Do the unit tests notice mistakes?  This changes the sources and runs the tests.

Makes small changes to C files, one at a time, in copies of the sources, and runs
the unit tests that run the changed line.  A change that no test notices has
survived.  Then either a test is missing, or the change makes no difference, and
equivalents.txt must have the reason.

Exit status: 0 if every mutant was killed or is in the list; 1 if others survived, or
the list is wrong; 2 if the question could not be answered.
"""

import argparse
import contextlib
import os
import queue
import random
import signal
import sys
import threading
import time
import traceback
from collections import Counter

import changes
import equivalents
import objects
import table
from trees import Tree

# Factor by which a test may take longer than usual, as the machine may be busy.
PATIENCE = 10
# Factor by which a test may use more CPU time than all of its time without a change.
# However busy the machine is, one that uses more is in a loop.  Tests that measure time
# may try three times.
CPU_PATIENCE = 5
BUILD_SECONDS = 300
# The message of the tests' library about a test that ran out of time.
TIMEOUT = "Test timeout expired"
# Its message about a test that has used all of its CPU time: a signal has ended it.
LOOPS = f"Received signal {signal.SIGXCPU:d} "
# Only tests that take no longer are run again under the sanitizers: longer ones
# wait, or do the same a thousand times.
QUICK_SECONDS = 2


class CannotLink(RuntimeError):
    """A test cannot be built."""


class Lab:
    """The trees, and the tests that run each file."""

    def __init__(self, top, scratch, jobs, say):
        self.top, self.say = top, say
        self.coverage_tree = Tree(top, os.path.join(scratch, "coverage"),
                                  "-g --coverage")
        self.coverage_tree.compile_last_with("-O0")
        # Compile without -g, so that objects with the same code have the same bytes.
        self.trees = [Tree(top, os.path.join(scratch, f"mutants-{i}"), "-O2")
                      for i in range(jobs)]
        # Mutants that survive are tried again under the sanitizers.
        self.sanitized = Tree(top, os.path.join(scratch, "sanitized"),
                              "-O1 -g1 -fsanitize=address,undefined "
                              "-fno-sanitize-recover=all")
        self.coverage = {}
        self.trusted = set()  # tests that pass without any change
        self.lock = threading.Lock()
        self.jobs = jobs

    def _build(self, tree, tests):
        tree.sync()
        status, out = tree.make(*(f"build/tests/{t}" for t in tests))
        if status:
            raise RuntimeError(f"the sources do not build:\n{out}")

    def prepare(self, paths, only):
        """Build everything without changes, and find the lines that each test runs."""
        tree = self.coverage_tree
        tree.sync()
        tests = only or tree.would_make(paths, "unit-tests")[1]
        if not tests:
            raise RuntimeError(f"no unit test is built of {' '.join(paths)}")
        self.each([tree, *self.trees, self.sanitized],
                  lambda t: self._build(t, tests))
        self.say(f"built {len(tests)} tests")
        self.each(tests, lambda test: self.coverage.update(
            {test: tree.coverage(test, 60)}))
        self.say("found the lines that they run")

    def each(self, items, work):
        """Call @work for each of @items, in as many threads as there are jobs."""
        todo, errors = queue.SimpleQueue(), []
        for item in items:
            todo.put(item)

        def worker():
            while not errors:
                try:
                    work(todo.get_nowait())
                except queue.Empty:
                    return
                except Exception as error:  # pylint: disable=broad-except
                    errors.append(error)

        threads = [threading.Thread(target=worker) for _ in range(self.jobs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]


class File:
    """A file that is mutated, and the objects that are built from it."""

    def __init__(self, lab, path):
        tree = lab.trees[0]
        self.path = path
        self.kills = Counter()  # of each test
        with open(os.path.join(lab.top, path), "rb") as file:
            self.data = file.read()
        targets = [f"build/tests/{t}" for t in lab.coverage]
        self.objects = tree.would_make([path], *targets)[0]
        # BPF programs have no coverage, so their tests are those that run a function
        # of their skeletons.
        self.programs = [o for o in self.objects if o.endswith(".bpf.o")]
        skeletons = [o[:-len(".bpf.o")] + ".skel.h" for o in self.programs]
        self.loaders = [t for t, c in lab.coverage.items()
                        if any(c.runs_file(s) for s in skeletons)]
        self.others = [o for o in self.objects if o not in self.programs]
        # Name the objects as targets, as make deletes files that are only intermediate.
        status, out = tree.make(*self.objects)
        if status:
            raise RuntimeError(f"{path} cannot be compiled:\n{out}")
        self.originals = {o: objects.contents(os.path.join(tree.path, o))
                          for o in self.objects}

    def tests(self, lab, mutant):
        """Return the tests that may notice a mutant, the likeliest first."""
        return sorted((t for t, c in lab.coverage.items()
                       if c.runs(mutant) or t in self.loaders),
                      key=lambda t: (-self.kills[t], lab.coverage[t].seconds))


def run_one(lab, tree, test):
    """Link a test in a tree and run it; return (did it pass?, was it in time?)."""
    status, out = tree.make(f"build/tests/{test}", timeout=BUILD_SECONDS)
    if status != 0:
        raise CannotLink(f"{test} cannot be linked:\n{out}")
    # The sanitizers make everything slower.
    slower = 3 if tree is lab.sanitized else 1
    usual = slower * lab.coverage[test].seconds
    seconds, cpu = PATIENCE * usual + 2, int(CPU_PATIENCE * usual) + 3
    # A test can fail because the machine is busy for a moment.  So a test that fails is
    # run again, with more time.
    for patience in (1, 3):
        status, _, out = tree.run_test(test, patience * seconds, cpu=cpu)
        loops = status == -signal.SIGXCPU or LOOPS in out
        if status == 0 or loops:
            break
    return status == 0, status is not None and TIMEOUT not in out and not loops


def kill(lab, tree, file, mutant, tests):
    """Return the first of the tests that notices a mutant in a tree, or None."""
    try:
        for test in tests:
            tree.write(file.path, mutant.mutated.encode())
            passed, in_time = run_one(lab, tree, test)
            if passed:
                continue
            tree.write(file.path, file.data)
            if is_believable(lab, tree, test):
                file.kills[test] += 1
                return test + ("" if in_time else " (time)")
    finally:
        tree.write(file.path, file.data)
    return None


def is_believable(lab, tree, test):
    """Does a test pass without a change?  Says it if it does not.

    A test that measures time can fail on a busy machine.  It is as if it had passed, so
    that at worst a change survives that it has noticed.
    """
    kind = "sanitizers" if tree is lab.sanitized else "plain"
    with lab.lock:
        known = (kind, test) in lab.trusted
    if not known and not run_one(lab, tree, test)[0]:
        lab.say(f"{test} fails without any change ({kind}), and is not believed")
        return False
    with lab.lock:
        lab.trusted.add((kind, test))
    return True


def compile_mutant(tree, file, mutant):
    """Compile a mutant; return its fate, or None if tests must decide."""
    tree.write(file.path, mutant.mutated.encode())
    # File times are coarse: an object may be as new as the next mutant.
    for name in file.objects:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(tree.path, name))
    # C files that contain a changed BPF program change, too; make compiles those that a
    # test needs.
    for some in filter(None, (file.programs, file.others)):
        if tree.make(*some, timeout=BUILD_SECONDS)[0] != 0:
            return "not compilable"
        if any(objects.contents(os.path.join(tree.path, o)) !=
               file.originals[o] for o in some):
            return None
    return "same object"


def try_mutant(lab, tree, file, mutant):
    """Return the fate of a mutant, and the test that has killed it."""
    try:
        fate = compile_mutant(tree, file, mutant)
        tests = file.tests(lab, mutant)
        if fate or not tests:
            return fate or "survived", None if fate else "no test runs it"
        killer = kill(lab, tree, file, mutant, tests)
    except CannotLink:
        tree.write(file.path, mutant.mutated.encode())
        if tree.make(*file.objects, timeout=BUILD_SECONDS)[0] == 0:
            raise
        return "not compilable", None
    finally:
        tree.write(file.path, file.data)
    # Sanitizers do not see into BPF programs; the kernel checks their memory accesses.
    if not killer and not file.loaders:
        quick = [t for t in tests if lab.coverage[t].seconds < QUICK_SECONDS]
        with lab.sanitized.lock:
            killer = kill(lab, lab.sanitized, file, mutant, quick)
        killer = killer and f"{killer}, with the sanitizers"
    return "killed" if killer else "survived", killer


class Results:
    """Print the fates of all mutants."""

    def __init__(self, listed, quiet, total):
        self.listed, self.quiet, self.total = listed, quiet, total
        self.start = time.monotonic()
        self.count = Counter()
        self.by_file = {}
        self.survivors, self.wrong = [], []
        self.lock = threading.Lock()

    def say(self, text):
        seconds = int(time.monotonic() - self.start)
        print(f"[{seconds // 60:3}:{seconds % 60:02}] {text}", flush=True)

    def add(self, mutant, fate, test):
        with self.lock:
            listed = mutant.key() in self.listed
            if fate == "survived":
                fate = "listed" if listed else fate
                if not listed:
                    self.survivors.append((mutant, test))
            elif listed and fate == "killed":
                self.wrong.append((mutant, test))
            self.count[fate] += 1
            self.by_file.setdefault(mutant.path, Counter())[fate] += 1
            done = sum(self.count.values())
            if fate == "survived":
                self.say(f"{done}/{self.total} survived: {describe(mutant, test)}")
            elif not self.quiet or done % 20 == 0:
                by = f" by {test}" if fate == "killed" else ""
                self.say(f"{done}/{self.total} {mutant.path}:{mutant.line} {fate}"
                         + by)


def describe(mutant, note=None):
    return (f"{mutant.path}:{mutant.line} ({mutant.change.what}"
            f"{', ' + note if note else ''})\n"
            f"{mutant.path} {mutant.function}\n"
            f"- {mutant.old}\n+ {mutant.new}")


def summary(count):
    killed, survived = count["killed"], count["survived"]
    judged = killed + survived
    rate = f", {100 * killed / judged:.1f} % of {judged}" if judged else ""
    return (f"{sum(count.values())} mutants made: {killed} killed{rate}; "
            f"{survived} survived; {count['listed']} listed as equivalent, "
            f"{count['same object']} of the same object code, "
            f"{count['not compilable']} not compilable")


def report_stale(stale):
    """Print the entries of the list whose change cannot be made any more."""
    for (path, function, old, new), line in stale:
        print(f"\nline {line} of the list is no mutant of {path}: {function}:\n"
              f"- {old}\n+ {new}")


def report(results, stale):
    """Print the results; return true if nothing is left to do."""
    print()
    print(table.as_text(results.by_file))
    print(f"all: {summary(results.count)}")
    for mutant, note in results.survivors:
        print(f"\nsurvived: {describe(mutant, note)}")
    for mutant, test in results.wrong:
        print(f"\nlisted as equivalent, but killed by {test}: "
              f"{describe(mutant)}")
    report_stale(stale)
    return not (results.survivors or results.wrong or stale)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--seed", type=int, default=1,
                        help="choose other mutants (default: 1)")
    parser.add_argument("--count", type=int, default=50, metavar="N",
                        help="mutants of each file; 0: all (default: 50)")
    parser.add_argument("--line", type=int, help="only the mutants of this line")
    parser.add_argument("--tests", type=lambda text: text.split(","),
                        help="only these tests, separated by commas "
                        "(default: all that are built of the files)")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--top", default=".", help="the sources")
    parser.add_argument("--scratch", default="build/mutate",
                        help="the folder for copies (default: build/mutate)")
    parser.add_argument("--list", default=os.path.join(
        os.path.dirname(__file__), "equivalents.txt"))
    parser.add_argument("--table", metavar="FILE",
                        help="write these files' rows of the table in FILE")
    parser.add_argument("--dry-run", action="store_true",
                        help="only show the mutants that would be tried, and the "
                        "entries of the list that are no mutants")
    parser.add_argument("--quiet", action="store_true",
                        help="only count the mutants that are killed")
    options = parser.parse_args()
    if options.table and (options.line or options.tests):
        parser.error("--table is for whole files: without --line and --tests")
    return options


def chosen(path, options):
    """Return all mutants of a file, and those that are to be tried."""
    with open(os.path.join(options.top, path), encoding="utf-8") as file:
        every = changes.mutants(path, file.read())
    mutants = [m for m in every if options.line in (None, m.line)]
    if 0 < options.count < len(mutants):
        choice = random.Random(f"{options.seed} {path}")
        picked = set(choice.sample(range(len(mutants)), options.count))
        mutants = [m for i, m in enumerate(mutants) if i in picked]
    return every, mutants


def try_all(lab, file, mutants, results):
    """Try the mutants of a file, each in a free tree."""
    free = queue.SimpleQueue()
    for tree in lab.trees:
        free.put(tree)

    def one(mutant):
        tree = free.get()
        try:
            fate, test = try_mutant(lab, tree, file, mutant)
        finally:
            free.put(tree)
        results.add(mutant, fate, test)

    lab.each(mutants, one)


def run(options):
    listed = equivalents.load(options.list)
    mutants = {path: chosen(path, options) for path in options.files}
    possible = {m.key() for every, _ in mutants.values() for m in every}
    stale = [(key, line) for key, line in listed.items()
             if key[0] in mutants and key not in possible]
    if options.dry_run:
        for _, tried in mutants.values():
            for mutant in tried:
                print(describe(mutant) + "\n")
        report_stale(stale)
        return not stale
    if options.table:
        table.load(options.table)  # Fail now if the file is no table.
    results = Results(listed, options.quiet, sum(len(tried) for _, tried in mutants.values()))
    scratch = os.path.join(options.top, options.scratch)
    lab = Lab(options.top, os.path.abspath(scratch), options.jobs, results.say)
    lab.prepare(options.files, options.tests)
    for path, (_, tried) in mutants.items():
        try_all(lab, File(lab, path), tried, results)
        # A later file may fail, or take too long.
        if options.table and path in results.by_file:
            table.save(options.table, {path: results.by_file[path]})
    return report(results, stale)


def main():
    options = parse()
    for path in options.files:
        if not os.path.isfile(os.path.join(options.top, path)):
            print(f"mutate: {path}: there is no such file in {options.top}",
                  file=sys.stderr)
            return 2
    try:
        return 0 if run(options) else 1
    except (RuntimeError, equivalents.BadList, table.BadTable, OSError) as error:
        print(f"mutate: {error}", file=sys.stderr)
        return 2
    except Exception:  # pylint: disable=broad-except
        # Python's own status is 1, which would mean that a mutant has survived.
        traceback.print_exc()
        return 2


if __name__ == "__main__":
    sys.exit(main())
