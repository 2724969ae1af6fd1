# SPDX-License-Identifier: GPL-2.0-only
"""Copies of the sources, in which mutants are built and tests are run."""

import contextlib
import json
import os
import re
import signal
import subprocess
import threading
import time

# Limits, as a mutant may loop for ever, take all memory, or fill the disk.
MEMORY = 4 << 30
FILE_SIZE = 1 << 30
# AddressSanitizer reserves a huge address space, so its own limit is used instead.
ASAN_OPTIONS = f"hard_rss_limit_mb={MEMORY >> 20}:allocator_may_return_null=1"


def end(process):
    """End a process that is still running."""
    # The tests' runner ends its children when it is asked to end.
    process.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=3)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def session_priority(path="/proc/self/autogroup"):
    """Return the nice value of this process's session as text; "" if it has none of its own.

    The kernel may group no sessions at all, so that there is no such file.  The file of a
    process that was never in a session other than init's is empty (kernel/sched/autogroup.c,
    proc_sched_autogroup_show_task()).
    """
    with contextlib.suppress(OSError):
        with open(path, encoding="ascii") as file:
            return "".join(file.read().split()[-1:])
    return ""


def limited(command, memory):
    """Return a command that runs @command with limits, and with this shell's priority.

    A shell sets them, as a function that runs between fork() and exec() can hang where other
    threads run.  The kernel gives each new session the usual priority.  Users other than root
    can change priorities only ten times per second, all together.
    """
    return ["sh", "-c", '''
        for try in ${1:+1 2 3 4 5 6 7 8 9 10}; do
            { echo "$1" >/proc/self/autogroup; } 2>/dev/null && break
            sleep 0.1
        done
        ulimit -v "$2" && ulimit -f "$3" && ulimit -c 0 && shift 3 && exec "$@"''', "-",
            session_priority(), str(memory >> 10) if memory else "unlimited", str(FILE_SIZE >> 9), *command]


def cpu_times(session):
    """Yield (process, seconds of CPU time) for the processes of a session."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            if int(fields[3]) == session:
                ticks = int(fields[11]) + int(fields[12])
                yield int(name), ticks / os.sysconf("SC_CLK_TCK")


def end_loops(session, cpu, over):
    """End each process of a session that uses more than @cpu seconds of CPU time.

    With the limit RLIMIT_CPU, a process would see its own CPU time only in ticks of the
    kernel's clock, and tests that measure it would fail.
    """
    while not over.wait(0.5):
        for process, seconds in cpu_times(session):
            if seconds > cpu:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGXCPU)


def call(command, cwd, env=None, timeout=None, memory=MEMORY, enough=None, cpu=None):
    """Run a command; return its exit status (None: out of time) and its output.

    A line that begins with @enough shows that it has failed, and ends it.  A process of it
    that uses more than @cpu seconds of CPU time is ended.
    """
    late, over = threading.Event(), threading.Event()
    with subprocess.Popen(limited(command, memory), cwd=cwd, env=env,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True,
                          errors="replace", start_new_session=True) as process:
        timer = threading.Timer(timeout or 0,
                                lambda: (late.set(), end(process)))
        if timeout:
            timer.start()
        if cpu:
            threading.Thread(target=end_loops, args=(process.pid, cpu, over),
                             daemon=True).start()
        out = []
        for line in process.stdout:
            out.append(line)
            if enough and line.startswith(enough):
                end(process)
                break
        process.wait()
        timer.cancel()
        over.set()
    return None if late.is_set() else process.returncode, "".join(out)


class Tree:
    """A copy of the sources of @top in the folder @path, with its build."""

    def __init__(self, top, path, cflags):
        self.top, self.path, self.cflags = top, path, cflags
        self.env = {k: v for k, v in os.environ.items()
                    if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
        # Tests that need the path of a build get this tree's.
        self.env["BUILD"] = "build"
        self.env["ASAN_OPTIONS"] = ASAN_OPTIONS
        self.memory = None if "-fsanitize" in cflags else MEMORY
        self.compiler = "gcc"
        self.lock = threading.Lock()

    def compile_last_with(self, option):
        """Have gcc called with a last option, which overrides earlier ones."""
        os.makedirs(self.path, exist_ok=True)
        self.compiler = self.path + "-cc"
        with open(self.compiler, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\nexec gcc "$@" {option}\n')
        os.chmod(self.compiler, 0o755)

    def write(self, name, data):
        """Write a file if its contents change; otherwise its time stays, too."""
        path = os.path.join(self.path, name)
        try:
            with open(path, "rb") as file:
                if file.read() == data:
                    return
        except FileNotFoundError:
            os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)

    def sync(self):
        """Make all files equal to those in @top, and remove files that @top does not have."""
        names = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others",
             "--exclude-standard"], cwd=self.top, check=True,
            stdout=subprocess.PIPE, text=True).stdout.split("\0")
        os.makedirs(self.path, exist_ok=True)
        kept = set()
        for name in filter(None, names):
            source = os.path.join(self.top, name)
            if os.path.isfile(source) and not os.path.islink(source):
                kept.add(name)
                with open(source, "rb") as file:
                    self.write(name, file.read())
                mode = os.stat(source).st_mode & 0o777
                os.chmod(os.path.join(self.path, name), mode)
        for folder, folders, files in os.walk(self.path):
            if folder == self.path and "build" in folders:
                folders.remove("build")
            for file in files:
                path = os.path.join(folder, file)
                if os.path.relpath(path, self.path) not in kept:
                    os.unlink(path)

    def make(self, *arguments, timeout=None):
        # -rR: evaluating its built-in rules and variables would take most of make's time.
        return call(["make", "-rRs", "-j2", "BUILD=build", f"CC={self.compiler}",
                     f"CFLAGS={self.cflags}", *arguments], self.path, self.env,
                    timeout)

    def would_make(self, changed, *targets):
        """Return the (objects, tests) that make builds again if these files change."""
        arguments = [a for name in changed for a in ("-W", name)]
        status, out = self.make("-n", *arguments, *targets)
        if status:
            raise RuntimeError(f"make -n {' '.join(targets)}: {out}")
        objects = set(re.findall(r"-c \S+ -o (build/\S+\.o)", out))
        tests = set(re.findall(r"-o build/tests/(test_\w+)", out))
        return sorted(objects), sorted(tests)

    def run_test(self, test, seconds, extra=None, cpu=None):
        """Run a test; return its status (None: out of time), its time, and its output."""
        env = dict(self.env, **(extra or {}))
        env["CK_DEFAULT_TIMEOUT"] = str(int(seconds) + 1)
        start = time.monotonic()
        status, out = call([f"build/tests/{test}"], self.path, env,
                           2 * seconds + 5, self.memory, "not ok", cpu)
        return status, time.monotonic() - start, out

    # Coverage, by gcov.

    def coverage(self, test, seconds):
        """Return a test's Coverage, which is kept until the test is rebuilt."""
        kept = os.path.join(self.path, "build", "coverage", test)
        binary = os.path.join(self.path, "build", "tests", test)
        try:
            if os.stat(kept + ".json").st_mtime >= os.stat(binary).st_mtime:
                with open(kept + ".json", encoding="utf-8") as file:
                    return Coverage(json.load(file))
        except FileNotFoundError:
            pass
        subprocess.run(["rm", "-rf", kept], check=True)
        status, taken, out = self.run_test(test, seconds,
                                           {"GCOV_PREFIX": kept})
        if status != 0:
            raise RuntimeError(f"{test} fails without any change:\n{out}")
        data = {"seconds": taken, "files": self._gcov(kept)}
        with open(kept + ".json", "w", encoding="utf-8") as file:
            json.dump(data, file)
        subprocess.run(["rm", "-rf", kept], check=True)
        return Coverage(data)

    def _gcov(self, folder):
        counts = [os.path.join(at, name) for at, _, names in os.walk(folder)
                  for name in names if name.endswith(".gcda")]
        for name in counts:
            notes = name[len(folder):-len("gcda")] + "gcno"
            os.symlink(notes, name[:-len("gcda")] + "gcno")
        files = {}
        if not counts:
            return files
        # gcov prints one line of JSON for each file of counts.
        out = subprocess.run(["gcov", "--json-format", "--stdout", *counts],
                             cwd=folder, check=True, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, text=True).stdout
        for line in out.splitlines():
            for entry in json.loads(line)["files"]:
                self._add(files, entry)
        return files

    @staticmethod
    def _add(files, entry):
        if not any(f["execution_count"] for f in entry["functions"]):
            return
        known = files.setdefault(entry["file"], {"functions": {}, "lines": {}})
        for function in entry["functions"]:
            name = function["name"]
            known["functions"][name] = (known["functions"].get(name, 0) +
                                        function["execution_count"])
        for line in entry["lines"]:
            number = str(line["line_number"])
            known["lines"][number] = (known["lines"].get(number, 0) +
                                      line["count"])


class Coverage:
    """The parts of the files that a test runs."""

    def __init__(self, data):
        self.seconds = data["seconds"]
        self.files = data["files"]

    def runs_file(self, path):
        """Does the test run anything of a file?"""
        return path in self.files

    def runs(self, mutant):
        """Does the test run what the mutant changes?"""
        known = self.files.get(mutant.path)
        if not known:
            return False
        # Static data is in no function, so coverage does not show who uses it.
        if mutant.function == "-":
            return True
        if not known["functions"].get(mutant.function):
            return False
        counts = [known["lines"][str(line)]
                  for line in range(mutant.line, mutant.last_line + 1)
                  if str(line) in known["lines"]]
        return not counts or any(counts)
