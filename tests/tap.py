# SPDX-License-Identifier: GPL-2.0-only
"""Reports Python's tests as TAP, and runs programs under test in a terminal."""

import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
import time

_nr = 0
_failed = 0


def ok(name, passed, why=""):
    """Report a test; @why is shown if it failed."""
    global _nr, _failed
    _nr += 1
    if not passed:
        _failed += 1
    print(f"{'ok' if passed else 'not ok'} {_nr} - {name}")
    if not passed:
        for line in str(why).splitlines():
            print(f"#   {line}")
    sys.stdout.flush()


def skip(name, requirement):
    """Report a test that cannot be run here."""
    global _nr
    _nr += 1
    print(f"ok {_nr} - {name} # SKIP {requirement}")


def done():
    """Print the plan and exit; a script that ran no test fails."""
    print(f"1..{_nr}")
    sys.exit(1 if _failed or not _nr else 0)


class Terminal:
    """A program in a terminal with a number of columns and lines."""

    def __init__(self, argv, columns=80, lines=24, env=None):
        import pyte

        self.master, self.slave = os.openpty()
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self._size(columns, lines)
        self.before = termios.tcgetattr(self.slave)
        environment = {
            "PATH": os.environ["PATH"],
            "TERM": "xterm-256color",
            "LC_ALL": "C.UTF-8",
        }
        environment.update(env or {})
        self.process = subprocess.Popen(
            argv,
            stdin=self.slave,
            stdout=self.slave,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    def _size(self, columns, lines):
        size = struct.pack("HHHH", lines, columns, 0, 0)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, size)

    def resize(self, columns, lines):
        self.screen.resize(lines, columns)
        self._size(columns, lines)
        os.kill(self.process.pid, signal.SIGWINCH)

    def read(self, seconds):
        """Draw the program's output on the screen for this time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.master], [], [], left)[0]:
                continue
            data = os.read(self.master, 65536)
            self.raw += data
            self.stream.feed(data)

    def text(self):
        return "\n".join(line.rstrip() for line in self.screen.display)

    def until(self, what, seconds=20):
        """Wait until a text is on the screen; return whether it came."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if what in self.text():
                return True
            self.read(0.05)
        return False

    def type(self, keys):
        os.write(self.master, keys.encode())

    def wait(self, seconds=20):
        """Wait until the program has ended; return its status, or None if it has not."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(0.05)
            if self.process.poll() is not None:
                self.read(0.1)
                return self.process.returncode
        self.process.kill()
        return None

    def is_restored(self):
        """Has the terminal its old modes and its first screen again?"""
        return (
            termios.tcgetattr(self.slave) == self.before
            and self.raw.rfind(b"\x1b[?1049l") > self.raw.rfind(b"\x1b[?1049h")
            and self.raw.rfind(b"\x1b[?25h") >= self.raw.rfind(b"\x1b[?25l")
        )

    def errors(self):
        return self.process.stderr.read().decode()
