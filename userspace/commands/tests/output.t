#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The exit status tells the truth: outputs that go away, inputs that are damaged or of
the wrong kind, filters that match nothing, and "-" for standard input and output."""

import json
import os
import subprocess
import sys
import tempfile

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.."))
sys.dont_write_bytecode = True
sys.path.insert(0, "tests")
from tap import done, ok  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
EXITLEDGER = f"{BUILD}/bin/exitledger"
GUEST = f"{BUILD}/guest"
BOOKS = "tests/data/balanced.json"
BENCH = "tests/data/bench_saved.json"
FAILED, UNMATCHED = 3, 2


def run(argv, **how):
    """Run a command; return status, standard output and standard error."""
    how.setdefault("stdout", subprocess.PIPE)
    if "input" not in how:
        how.setdefault("stdin", subprocess.DEVNULL)
    result = subprocess.run(argv, stderr=subprocess.PIPE, check=False, timeout=60, **how)
    out = (result.stdout or b"").decode(errors="replace")
    return result.returncode, out, result.stderr.decode(errors="replace")


def is_line(err, *said):
    """Is it one line that contains these words?"""
    return err.count("\n") == 1 and err.endswith("\n") and all(word in err for word in said)


def fails(name, argv, *said, **how):
    """The command fails and reports it in one line."""
    status, out, err = run(argv, **how)
    ok(f"{name}: fails, and says so in one line", status == FAILED and is_line(err, *said),
       f"{argv}: status {status}\n{out[:200]}\n{err}")
    return out


def closed_pipe():
    """The write end of a pipe that has no reader."""
    reader, writer = os.pipe()
    os.close(reader)
    return writer


def gone(name, argv, **how):
    """Standard output is full, has no reader, or is closed."""
    with open("/dev/full", "wb") as full:
        fails(f"{name}, no room", argv, "standard output", stdout=full, **how)
    pipe = closed_pipe()
    fails(f"{name}, nobody reads", argv, "standard output", stdout=pipe, **how)
    os.close(pipe)
    fails(f"{name}, closed", ["sh", "-c", 'exec "$@" >&-', "sh", *argv], "standard output", **how)


def outputs(record, folder):
    """A command reports any output that could not be written."""
    for command in ("monitor", "record", "mark", "replay", "report", "advise", "compare", "bench",
                    "doctor"):
        gone(f"{command} --help", [EXITLEDGER, command, "--help"])
        gone(f"{command} --usage", [EXITLEDGER, command, "--usage"])
    for option in ("--help", "--version"):
        gone(f"exitledger {option}", [EXITLEDGER, option])
        for program in ("exitleaf", "exitwork", "microguest", "leaffuzz", "leafread"):
            gone(f"{program} {option}", [f"{GUEST}/{program}", option])
    for argv in (
        ["bench", "--list"], ["bench", "--replay", BENCH], ["bench", "--replay", BENCH, "--json", "-"],
        ["bench", "--replay", BENCH, "--svg", "-"], ["bench", "--compare", BENCH, BENCH],
        ["compare", "--replay", BOOKS], ["compare", "--replay", BOOKS, "--json", "-"],
        ["report", record], ["report", record, "--json"], ["report", record, "-o", "-"],
        ["report", record, record], ["report", record, record, "--json"],
        ["report", record, record, "-o", "-"],
        ["replay", record], ["replay", record, "--json"], ["replay", record, "--csv"],
        ["advise", record], ["advise", record, "--json"],
    ):
        gone(" ".join(argv).replace(folder, ""), [EXITLEDGER, *argv])
    for argv in (["exitwork", "--list"], ["exitwork", "cpuid", "--count", "1"],
                 ["exitwork", "cpuid", "--count", "1", "--json"], ["microguest", "--list"]):
        gone(" ".join(argv), [f"{GUEST}/{argv[0]}", *argv[1:]])
    # A result written to a file is complete even if standard output fails.
    for name, argv in (("compare --json", ["compare", "--replay", BOOKS, "--json"]),
                       ("bench --json", ["bench", "--replay", BENCH, "--json"]),
                       ("bench --svg", ["bench", "--replay", BENCH, "--svg"])):
        file = f"{folder}/evidence"
        with open("/dev/full", "wb") as full:
            fails(f"{name}, no room for the table", [EXITLEDGER, *argv, file], "standard output",
                  stdout=full)
        ok(f"{name}: the file is there all the same", os.path.getsize(file) > 1000)
        os.unlink(file)
    out = fails("compare --json to nowhere", [EXITLEDGER, "compare", "--replay", BOOKS, "--json",
                                              f"{folder}/no/file"], "no/file")
    ok("compare --json to nowhere: the table is there", "verdict  BALANCED" in out)
    ok("compare --json to nowhere: its last line is the failure",
       out.splitlines()[-1].startswith("failed   ") and "no/file" in out.splitlines()[-1], out)


def inputs(record, folder):
    """Input files are missing, empty, or of another kind."""
    empty, other, cut = f"{folder}/empty", f"{folder}/other", f"{folder}/cut\nx"
    with open(empty, "wb"):
        pass
    with open(other, "wb") as file:
        file.write(b"\x1b[2J\xc2\x9b{ no JSON\n")
    with open(record, "rb") as file, open(cut, "wb") as to:
        to.write(file.read()[:5000])
    for path in ("/nonexistent", folder, empty, other, cut, "-"):
        for argv in (["replay", path], ["report", path], ["report", record, path],
                     ["advise", path],
                     ["compare", "--replay", path], ["bench", "--replay", path],
                     ["bench", "--compare", BENCH, path],
                     ["compare", "--replay", BOOKS, "-g", path],
                     *([["mark", path, "x"]] if path != "-" else [])):
            said = "standard input" if path == "-" else path.replace("\n", "?")
            name = " ".join(argv).replace(folder, "").replace("\n", "?")
            out = fails(name, [EXITLEDGER, *argv],
                        *([said] if path != "-" else []))
            ok(f"{name}: nothing is shown", not out, out)
            err = run([EXITLEDGER, *argv])[2]
            ok(f"{name}: no line number of nothing, no order to a terminal",
               "-1" not in err and "\x1b" not in err and "\x9b" not in err, err)


def verdicts(folder):
    """The last line, the exit status and the evidence agree."""
    with open(BOOKS, encoding="utf-8") as file:
        books = json.load(file)
    for name, change, verdict, expected in (
        ("as they are", {}, "BALANCED", 0),
        ("counters off meanwhile", {"exit_stats_after": 0}, "INCONCLUSIVE", 2),
        ("the guest's report could not be read", {"report_missing": True}, "INCONCLUSIVE", 2),
    ):
        changed = {**books, **change}
        if "exit_stats_after" in change:
            changed["host"] = {**books["host"], **change}
        with open(f"{folder}/books.json", "w", encoding="utf-8") as file:
            json.dump(changed, file)
        status, out, err = run([EXITLEDGER, "compare", "--replay", f"{folder}/books.json",
                                "--json", f"{folder}/result.json"])
        with open(f"{folder}/result.json", encoding="utf-8") as file:
            result = json.load(file)["result"]
        ok(f"verdict, {name}: status, last line and file agree",
           status == expected and out.splitlines()[-1] == f"verdict  {verdict}" and not err
           and result["verdict"] == verdict, f"{status}\n{out[-300:]}\n{err}")
        again = run([EXITLEDGER, "compare", "--replay", f"{folder}/result.json"])
        ok(f"verdict, {name}: the evidence gives the same again", again == (status, out, err))


def filters(record, folder):
    """A filter that matched nothing is reported, and the exit status is not 0."""
    for command in ("replay", "report", "advise"):
        base = [EXITLEDGER, command, record]
        for option in (["--vm", "nonesuch"], ["--pid", "4999"], ["--reason", "VMRUN"],
                       ["--vm", "vm2", "--reason", "VMRUN"],
                       *([["--vcpu", "99"]] if command != "report" else [])):
            for form in ([], ["--json"]):
                status, out, err = run([*base, *option, *form])
                ok(f"{command} {' '.join(option + form)}: told",
                   status == UNMATCHED and is_line(err, option[-1].replace("VMRUN", "--reason")),
                   f"{status}: {err}")
                ok(f"{command} {' '.join(option + form)}: what there is is shown", out)
        status, out, err = run([*base, "--vm", "vm2", "--vm", "nonesuch"])
        ok(f"{command}: one of two names", status == UNMATCHED and is_line(err, "'nonesuch'"), err)
        for option in (["--vm", "vm2"], ["--vm", "vm*"], ["--reason", "CPUID"], ["--pid", "1002"],
                       ["--reason", "svm_exit_cpuid"]):
            status, out, err = run([*base, *option])
            ok(f"{command} {' '.join(option)}: a success", status == 0 and not err, err)
            # Marks are filtered, too.
            if command != "advise" and ("--vm" in option and option[1] == "vm2" or "--pid" in option):
                ok(f"{command} {' '.join(option)}: no mark of another VM",
                   "vm2" in out and "vm3" not in out and "caf" not in out, out)
    status, out, _ = run([EXITLEDGER, "report", record, "--json", "--vm", "vm2"])
    marks = json.loads(out)["marks"]
    ok("report --json: marks of that VM alone",
       marks and all(mark["vm"] == 2 for mark in marks if "vm" in mark), marks)
    everything = json.loads(run([EXITLEDGER, "report", record, "--json"])[1])["marks"]
    ok("report --json: there are others", len(everything) > len(marks))
    # record reports a filter that matched nothing, too.
    status, out, err = run([f"{BUILD}/tests/record_demo", "5", "-o", f"{folder}/none.exits",
                            "--vm", "nonesuch"])
    ok("record --vm nonesuch: told", status == UNMATCHED and "'nonesuch'" in err, err)
    ok("record --vm nonesuch: recorded", "recorded " in err and "\n" in err, err)


def dashes(record, folder):
    """"-" means standard input or output in every command; a file named "-" is ./-."""
    here = {"cwd": folder}
    program = os.path.abspath(EXITLEDGER)
    with open(record, "rb") as file:
        run_bytes = file.read()
    with open(BENCH, "rb") as file:
        bench_bytes = file.read()
    with open(BOOKS, "rb") as file:
        books_bytes = file.read()
    for argv, data, from_file in (
        (["replay", "-"], run_bytes, ["replay", record]),
        (["replay", "-", "--json", "--fine"], run_bytes, ["replay", record, "--json", "--fine"]),
        (["report", "-", "--json"], run_bytes, None),
        (["report", "-", record, "--json"], run_bytes, None),
        (["advise", "-", "--json"], run_bytes, None),
        (["compare", "--replay", "-"], books_bytes, ["compare", "--replay", BOOKS]),
        (["compare", "--replay", "-"], run_bytes, ["compare", "--replay", record]),
        (["bench", "--replay", "-"], bench_bytes, ["bench", "--replay", BENCH]),
        (["bench", "--compare", "-", os.path.abspath(BENCH)], bench_bytes, None),
    ):
        name = " ".join(argv).replace(folder, "").replace(os.getcwd(), "")
        status, out, err = run([program, *argv], input=data, **here)
        expected = run([EXITLEDGER, *from_file]) if from_file else (0, None, "")
        ok(f"{name}: as of the file", status == expected[0] and err == expected[2]
           and (out == expected[1] if from_file else out), f"{status}: {err}")
    page = run([EXITLEDGER, "report", record, "-o", f"{folder}/page.html"])
    with open(f"{folder}/page.html", "rb") as file:
        saved = file.read()
    status, _, err = run([program, "report", record, "-o", "-"], **here)
    ok("report -o -: a page on standard output", status == 0 and not err and page[0] == 0, err)
    piped = subprocess.run([program, "report", record, "-o", "-"], capture_output=True, check=False,
                           **here).stdout
    ok("report -o -: the same as in a file", piped == saved)
    status, out, err = run([program, "bench", "--replay", os.path.abspath(BENCH), "--svg", "-"], **here)
    ok("bench --svg -: a picture alone", status == 0 and out.startswith("<svg"), out[:100])
    ok("no file has the name -", not os.path.exists(f"{folder}/-"))
    ok("no temporary file is left", not [name for name in os.listdir(folder) if "exitledger." in name])


def damage():
    """Run a few of the cases of which 'make fuzz' runs a million."""
    for target in ("books", "bench", "report", "options"):
        status, out, err = run([f"{BUILD}/tests/text_fuzz", target, "500", "3"])
        ok(f"damage, {target}: refused, or taken", status == 0 and not err, f"{status} {out}{err}")


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TMPDIR"] = folder
        record = f"{folder}/run.exits"
        subprocess.run([f"{BUILD}/tests/record_demo", "8", "-o", record], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        outputs(record, folder)
        inputs(record, folder)
        verdicts(folder)
        filters(record, folder)
        dashes(record, folder)
        damage()


main()
done()
