# SPDX-License-Identifier: GPL-2.0-only
"""The common parts of the lab's jobs: paths, and runs of emulated hosts."""

import argparse
import os
import signal
import subprocess
import sys
import threading

LAB = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
TOP = os.path.dirname(LAB)
BUILD = os.path.realpath(os.environ.get("BUILD", os.path.join(TOP, "build")))
SCENARIOS = os.path.join(LAB, "scenarios")

# Exit statuses that all scripts of the lab use.
WRONG_USAGE = 64
LAB_FAILED = 125


class LabError(Exception):
    """The lab itself failed; this says nothing about the books."""


class Parser(argparse.ArgumentParser):
    """Reads a job's options; wrong usage ends with the lab's status for that."""

    def __init__(self, text):
        super().__init__(description=text, allow_abbrev=False,
                         formatter_class=argparse.RawDescriptionHelpFormatter)

    def error(self, message):
        self.print_usage(sys.stderr)
        print(f"{self.prog}: {message}", file=sys.stderr)
        sys.exit(WRONG_USAGE)


def positive(text):
    """Convert an option's number, which must be 1 or more."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def say(text=""):
    """Print a line at once, also into a pipe."""
    print(text, flush=True)


def complain(text):
    """Print a message of one line on standard error."""
    print(f"{os.path.basename(sys.argv[0])}: {text}", file=sys.stderr)


def series(which):
    """Return the kernel series that series.sh prints for @which, such as "default"."""
    out = subprocess.run([os.path.join(LAB, "setup", "series.sh"), which], check=False,
                         stdout=subprocess.PIPE, text=True)
    if out.returncode:
        raise LabError(f"series.sh {which} failed")
    return out.stdout.split()


class Host:
    """A scenario on an emulated host; the constructor starts it."""

    def __init__(self, vendor, kernel, out, scenario, options=(), settings=None,
                 prefix=""):
        """@options: further options of l1.sh; @settings: the scenario's environment;
        @prefix: a text to print before each line of the host."""
        self.out = out
        words = [f"{key}={value}" for key, value in (settings or {}).items()]
        self._l1 = subprocess.Popen(
            [os.path.join(LAB, "machine", "l1.sh"), "--tcg", "--vendor", vendor,
             "--kernel", kernel, *options, "--out", out,
             os.path.join(SCENARIOS, scenario), *words],
            stdout=subprocess.PIPE, text=True, errors="replace")
        self._printer = threading.Thread(target=self._print, args=(prefix,))
        self._printer.start()

    def _print(self, prefix):
        for line in self._l1.stdout:
            say(prefix + line.rstrip("\n"))

    def wait(self):
        """Wait for the scenario's end, and return its exit status."""
        status = self._l1.wait()
        self._printer.join()
        return status

    def stop(self):
        """End the host, if it still runs.  l1.sh stops its emulator itself."""
        if self._l1.poll() is None:
            self._l1.terminate()
        self.wait()


def run_hosts(starters):
    """Call @starters, each of which starts a host, and wait for all hosts.  After a failure
    or a signal, no host is left running."""
    started = []
    try:
        for start in starters:
            started.append(start())
        statuses = [host.wait() for host in started]
    finally:
        for host in started:
            host.stop()
    if any(statuses):
        raise LabError("the lab failed; its own lines say why")


def run_job(main):
    """Call @main, and end with the status that it returns."""
    def stop(number, _frame):
        sys.exit(128 + number)

    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        sys.exit(main())
    except LabError as error:
        complain(error)
        sys.exit(LAB_FAILED)
