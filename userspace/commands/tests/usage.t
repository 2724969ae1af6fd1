#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Every command refuses every kind of wrong usage with status 64 and one line that names
the mistake.  Neither privileges nor KVM are needed."""

import os
import re
import subprocess
import sys

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.."))
sys.dont_write_bytecode = True
sys.path.insert(0, "tests")
from tap import done, ok  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
EXITLEDGER = f"{BUILD}/bin/exitledger"
COMMANDS = {
    name: [EXITLEDGER, name]
    for name in ("monitor", "record", "mark", "snapshot", "replay", "report", "advise", "compare", "bench",
                 "export", "doctor")
}
PROGRAMS = {
    name: [f"{BUILD}/guest/{name}"]
    for name in ("exitleaf", "exitwork", "microguest", "leaffuzz", "leafread")
}
ALL = COMMANDS | PROGRAMS
TAKE_COMMAND = ("monitor", "record", "compare", "exitleaf")
PAGES = {name: f"docs/exitledger-{name}.1.rst" for name in COMMANDS if name not in ("mark", "snapshot")} | {
    name: f"docs/{name}.1.rst" for name in ("exitleaf", "exitwork")
}

# Invalid values by an option's metavariable, for whatever option it is.
WRONG = {
    "TIME": ("x", "", "-1", "+1", "1x", "1 s", "1e3", "0x10", "inf", "nan", "1.2.3", ".5s",
             "9" * 40, "1\n"),
    "N": ("x", "", "-1", "+1", "1.5", "0x10", " 1", "9" * 40),
    "PID": ("x", "", "-1", "0"),
    "X": ("x", "", "-1", "0", "1e9", "nan"),
    "PERCENT": ("x", "", "-1", "0", "101", "nan"),
    "FILE": ("",), "PATH": ("",), "RUN": ("",), "COMMAND": ("",), "TEXT": ("",),
    "NAME": ("",), "NAME|PID": ("",), "NAME,...": ("", "nonesuch"),
    "ADDRESS": ("", "x", "1.2.3.4", "1.2.3.4:", "1.2.3.4:0", "1.2.3.4:65536", "1.2.3.4:1x",
                "1.2.3:80", "::1:80", "[::1]", "[::1:80", "localhost:80", "unix:", ":",
                "unix:" + "x" * 108),
    "SIZE": ("", "x", "-1", "50MB", "50m", "1e9", "inf", "4095K", "17T"),
    "SCOPE": ("", "x", "VM"), "WHO": ("", "x", "hosts", "Host", "guest,host"),
    "KEY": ("", "x"), "TYPE": ("", "x"), "BOOK": ("", "x", "BPF"), "REASON": ("",), "USER": ("", "no-such-user", "-1", "0x10", "4294967295"), "LIST": ("", "x"), "COLUMN": ("", "x"),
}
TIMES = ("500ms", "1s", "2", "0.5", "5m", "0.25h")


def run(argv, **how):
    """Run a command; return status, standard output and standard error."""
    how.setdefault("stdout", subprocess.PIPE)
    how.setdefault("stdin", subprocess.DEVNULL)
    result = subprocess.run(argv, stderr=subprocess.PIPE, check=False, timeout=60, **how)
    out = (result.stdout or b"").decode(errors="replace")
    return result.returncode, out, result.stderr.decode(errors="replace")


def refused(name, argv, *said):
    """Check that usage is refused: status 64, one line on standard error, and no other
    output."""
    status, out, err = run(argv)
    ok(f"{name}: wrong usage, in one line that says what",
       status == 64 and not out and err.count("\n") == 1 and err.endswith("\n")
       and all(word in err for word in said),
       f"{argv}: status {status}\n{out[:200]}\n{err}\nnot said: "
       f"{[word for word in said if word not in err]}")


def options_of(argv):
    """Parse --help into (name, letter, metavariable or "", is the argument optional)."""
    found = []
    for line in run([*argv, "--help"])[1].splitlines():
        row = re.match(r" {2,6}(?:-(\w|\?), )?--([a-z-]+)(\[?)(?:=([A-Z|,.]+))?", line)
        if row and row[2] not in ("help", "usage", "version"):
            found.append((row[2], row[1] or "", row[4] or "", bool(row[3])))
    return found


def the_grammar():
    """Rules that hold for the options of all commands."""
    for name, argv in ALL.items():
        refused(f"{name}, no such option", [*argv, "--frobnicate"], "'--frobnicate'", "--help")
        refused(f"{name}, no such letter", [*argv, "-Z"], "'-Z'", "--help")
        options = options_of(argv)
        names = [option[0] for option in options]
        ok(f"{name}: has options", options or name in ("mark", "snapshot", "leafread"), argv)
        for option, letter, value, optional in options:
            short = next((option[:i] for i in range(len(option) - 1, 1, -1)
                          if option[:i] not in names), None)
            if short:
                refused(f"{name} --{short}, abbreviated", [*argv, f"--{short}", "1"],
                        f"'--{short}'", f"--{option}" if len(short) > 2 else "--")
            if not value:
                refused(f"{name} --{option}=x, which takes none", [*argv, f"--{option}=x"],
                        f"--{option} takes no argument", "'x'")
                continue
            ok(f"{name} --{option}: its values are tested", value in WRONG, value)
            if not optional:
                refused(f"{name} --{option}, and nothing", [*argv, f"--{option}"],
                        f"--{option} takes an argument")
                if letter:
                    refused(f"{name} -{letter}, and nothing", [*argv, f"-{letter}"],
                            f"-{letter} takes an argument")


def the_values():
    """Invalid values are refused; all options that take a time accept the same forms."""
    for name, argv in ALL.items():
        for option, letter, value, _ in options_of(argv):
            # Arguments that these commands need in any case.
            rest = {"record": ["-o", "x"], "replay": ["x"], "report": ["x"],
                    "advise": ["x"]}.get(name, [])
            for wrong in WRONG.get(value, ()):
                # An option for a number refuses "" with a message of its own.
                refused(f"{name} --{option}={wrong!r}", [*argv, f"--{option}={wrong}", *rest],
                        wrong.replace("\n", "?"))
            if value != "TIME":
                continue
            for time in TIMES:
                if name == "microguest" and time != "500ms":
                    time = "1ms"
                for given in ([f"--{option}={time}"], [f"--{option}", time],
                              [f"-{letter}", time] if letter else None):
                    if given:
                        refused(f"{name} {' '.join(given)}: taken", [*argv, *given, "--frobnicate"],
                                "'--frobnicate'")


def the_arguments():
    """Words that are not options."""
    for name in TAKE_COMMAND:
        hint = [] if name == "exitleaf" else ["'--vm web1'"]
        refused(f"{name} web1", [*ALL[name], "web1"], "'web1'", "'-- web1'", *hint)
        refused(f"{name} --", [*ALL[name], "--"], "COMMAND")
    refused("doctor host", [*ALL["doctor"], "host"], "'host'")
    refused("leaffuzz x", [*ALL["leaffuzz"], "x"], "'x'")
    refused("exitledger", [EXITLEDGER, "frobnicate"], "'frobnicate'", "--help")
    for name in ("replay", "report", "advise", "mark"):
        refused(f"{name}, no RUN", ALL[name], f"exitledger {name} RUN")
        refused(f"{name}, a RUN without a name", [*ALL[name], "", *["x"][:name == "mark"]], "''")
    for argv, *said in (
        (["replay", "x", "--by", "port"], "'--by'", "--by-vcpu"),
        (["replay", "x", "y"], "'y'"),
        (["report", "x", "y", "z"], "'z'"),
        (["report", "-", "-"], "'-'"),
        (["advise", "x", "y"], "'y'"),
        (["mark", "x", "y", "z"], "'z'"),
        (["snapshot", "x"], "RUN FILE"),
        (["snapshot", "x", "y", "z"], "'z'"),
        (["snapshot", "-", "y"], "'-'"),
        (["snapshot", "x", "-"], "'-'"),
        (["snapshot", "x", ""], "''"),
        (["mark", "-", "text"], "'-'"),
        (["mark", "x", "a\x1bb"], "UTF-8"),
        (["record", "-o", "-"], "'-'"),
        (["record"], "-o RUN"),
        (["bench", "nonesuch"], "'nonesuch'", "microguest --list"),
        (["bench", "cpuidd"], "'cpuidd'", "did you mean cpuid"),
        (["bench", "--replay", "-", "-"], "'-'"),
        (["bench", "--replay", "x", "--json", "-", "--svg", "-"], "--json", "--svg"),
        (["bench", "--rounds", "4", "--time", "5"], "--rounds", "--time"),
        (["export", "web1"], "'web1'"),
        (["export", "--interval", "5"], "--interval", "--textfile"),
        (["export", "--textfile", "x", "--interval", "0"], "--interval", "--replay"),
        (["export", "--textfile", "-"], "'-'"),
        (["export", "--speed", "5"], "--speed", "--replay"),
        (["export", "--at-once"], "--at-once", "--replay"),
        (["export", "--replay", "x", "--at-once", "--speed", "2"], "--at-once", "--speed"),
        (["export", "--replay", "x", "--off-cpu"], "--off-cpu", "--replay"),
        (["export", "--count-only", "--histograms", "vm"], "--histograms", "--count-only"),
        (["export", *["--listen=:1"] * 9], "--listen", "8"),
        (["compare", "--replay", "-", "-g", "-"], "--replay", "--guest-report"),
        (["compare", "--replay", "x", "--for", "1"], "--for", "--replay"),
        (["compare", "--replay", "x", "-i", "1"], "--interval", "--watch"),
        (["compare", "--replay", "x", "--attach", "auto"], "--attach", "--replay"),
        (["compare", "--for", "1", "-i", "1"], "--interval", "--read"),
        (["compare", "--for", "1", "--watch", "--", "true"], "--for", "--watch"),
        (["compare", "--replay", "x", "--vm", "y"], "--vm"),
        (["compare", "--vm", "x", "--", "true"], "--vm"),
        (["compare", "--attach", "tp", "--for", "1"], "'tp'"),
        (["compare", "--reader", "x", "--for", "1"], "--reader", "guest", "host", "'x'"),
        (["compare", "--reader", "all", "--replay", "x"], "--reader", "--replay"),
        (["compare", "--reader", "host", "--for", "1", "--read", "x"], "--read", "host"),
        (["compare", "--reader", "host", "--for", "1", "-g", "x"], "--guest-report", "host"),
    ):
        refused(" ".join(argv), [EXITLEDGER, *argv], *said)
    for argv, *said in (
        (["exitleaf", "--watch", "--mark", "x"], "--mark", "--watch"),
        (["exitleaf", "--mark", "x", "--json"], "--mark", "JSON"),
        (["exitleaf", "--watch=1ms"], "10ms to 1d"),
        (["exitwork"], "--list"),
        (["exitwork", "cpuid", "rdtsc"], "'rdtsc'"),
        (["exitwork", "nonesuch"], "'nonesuch'", "--list"),
        (["exitwork", "cpuid", "--file", "x"], "--file"),
        (["exitwork", "cpuid", "--count", "1", "--seconds", "1"], "--count", "--seconds"),
        (["exitwork", "--list", "cpuid"], "--list"),
        (["exitwork", "--list", "--json"], "--list"),
        (["microguest", "jump=3"], "'jump=3'"),
        (["microguest", "cpuid=x"], "'cpuid=x'"),
        (["microguest", "--cycles", "-", "cpuid=1"], "--cycles", "--report"),
        (["microguest", "--turns", "--stop", "cpuid=1"], "--turns", "--stop"),
    ):
        refused(" ".join(argv), [*PROGRAMS[argv[0]], *argv[1:]], *said)


def the_order():
    """Wrong usage is reported before errors of files or of the host."""
    gone = "/nonexistent"
    for argv, *said in (
        (["replay", gone, "--json", "--csv"], "--json"),
        (["replay", gone, "--columns", "nonesuch"], "nonesuch"),
        (["replay", gone, "--sort", "nonesuch"], "nonesuch"),
        (["replay", gone, "--reason", "NONESUCH"], "NONESUCH"),
        (["replay", gone, "--speed", "2"], "--speed"),
        (["replay", gone, "--fine", "--by-vcpu"], "--fine"),
        (["export", "--replay", gone, "--reason", "NONESUCH"], "NONESUCH"),
        (["report", gone, "--reason", "NONESUCH"], "NONESUCH"),
        (["advise", gone, "--reason", "NONESUCH"], "NONESUCH"),
        (["report", gone, "--text", "--json"], "--text"),
        (["report", gone, "--json", "-o", "x"], "--output"),
        (["monitor", "--columns", "nonesuch"], "nonesuch"),
        (["monitor", "--reason", "NONESUCH"], "NONESUCH"),
        (["record", "-o", "README.md", "--reason", "NONESUCH"], "NONESUCH"),
        (["bench", "--microguest", gone, "nonesuch"], "nonesuch"),
        (["compare", "--for", "1", "--read-timeout", "1"], "--read"),
        (["mark", gone, ""], "1 to 63 bytes"),
    ):
        refused(f"{' '.join(argv)}: told first", [EXITLEDGER, *argv], *said)


def the_pages():
    """The EXIT STATUS section of a manual page lists every status of the program."""
    for name, page in PAGES.items():
        with open(page, encoding="utf-8") as file:
            text = file.read()
        section = re.split(r"(?m)^=+$", text.split("\nEXIT STATUS\n")[1])[1]
        statuses = re.findall(r"(?m)^(\d+)$", section)
        ok(f"{page}: 0, 3 and 64 are told",
           {"0", "3", "64"} <= set(statuses) and statuses == sorted(statuses, key=int), statuses)
        ok(f"{page}: 64 is wrong usage", re.search(r"(?m)^64\n   Wrong usage", section))


the_grammar()
the_values()
the_arguments()
the_order()
the_pages()
done()
