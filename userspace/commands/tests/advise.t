#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""exitledger advise on recorded runs of a made-up host: its findings have the run's
numbers, its JSON has the documented form, and it says what cannot be judged."""

import html
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.."))
sys.dont_write_bytecode = True
sys.path.insert(0, "tests")
from tap import done, ok  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
EXITLEDGER = f"{BUILD}/bin/exitledger"
PAGE = "docs/exitledger-advise.1.rst"

NUMBER, TEXT, FLAG = (int, float), str, bool
# The form of a value: a list has one form for all of its elements; a member whose name
# ends in "?" may be absent.
ITEM = {"reason": int, "name?": TEXT, "key?": int, "key_name?": TEXT, "exits": int,
        "per_second": NUMBER, "time_share?": NUMBER, "mean_ns?": NUMBER,
        "polled_share?": NUMBER, "polled_mean_ns?": NUMBER, "preempted_share?": NUMBER}
FINDING = {"vm": int, "pid": int, "name": TEXT, "vcpu": int, "vcpus": int, "seconds": NUMBER,
           "began": FLAG, "parts": int, "parts_met": int, "items": [ITEM], "seen": TEXT,
           "check": TEXT, **{name: form for name, form in ITEM.items()
                             if name not in ("reason", "name?", "key?", "key_name?")}}
RULE = {"id": TEXT, "title": TEXT, "state": TEXT, "lacks?": TEXT,
        "bounds": [{"measure": TEXT, "least?": NUMBER, "below?": NUMBER}],
        "bounds_in_words": TEXT, "lasts": NUMBER, "findings": [FINDING], "usually": TEXT,
        "change": TEXT, "threshold": TEXT, "sources": [TEXT]}
DOCUMENT = {"format": TEXT, "version": int, "run": dict, "vms_judged": int,
            "vms_not_judged": int, "rules": [RULE], "lost": dict}


def faults(value, form, where=""):
    """List the differences between a value and a form."""
    if isinstance(form, list):
        return [fault for i, one in enumerate(value)
                for fault in faults(one, form[0], f"{where}[{i}]")]
    if isinstance(form, dict):
        known = {name.rstrip("?"): name for name in form}
        wrong = [f"{where}.{name}: unknown" for name in value if name not in known]
        wrong += [f"{where}.{name}: missing" for name in form
                  if not name.endswith("?") and name not in value]
        return wrong + [fault for name in value if name in known
                        for fault in faults(value[name], form[known[name]], f"{where}.{name}")]
    right = isinstance(value, form) and (form is FLAG or not isinstance(value, bool))
    return [] if right else [f"{where}: {value!r}"]


def advise(run, *options, status=0):
    """Run advise and return its standard output."""
    made = subprocess.run([EXITLEDGER, "advise", run, *options], check=False, timeout=60,
                          capture_output=True, text=True)
    ok(f"advise {' '.join(options)} of {os.path.basename(run)}: status {status}",
       made.returncode == status and (status or not made.stderr),
       f"{made.returncode} {made.stderr}")
    return made.stdout


def document(run, *options):
    """Run advise --json, check the form of the document, and return it."""
    made = json.loads(advise(run, "--json", *options))
    wrong = faults(made, DOCUMENT)
    ok(f"its JSON {' '.join(options)} is as it should be",
       made["format"] == "exitledger-advice" and made["version"] == 1 and not wrong, wrong)
    return made


def rules_of(made, state=None):
    """Return the rules in a state, or all rules, by id."""
    return {rule["id"]: rule for rule in made["rules"] if state in (None, rule["state"])}


def record(folder, name, *options):
    """Record a run of two seconds, which is long enough for rules to be judged."""
    path = os.path.join(folder, name)
    subprocess.run([f"{BUILD}/tests/record_demo", "50", "-o", path, "-i", "50ms", *options],
                   check=True, capture_output=True)
    return path


def the_numbers(run):
    """The numbers of each finding are the run's own, as replay shows them."""
    made = document(run)
    total = json.loads(subprocess.run(
        [EXITLEDGER, "replay", run, "-i", "0", "--json", "--by-vcpu"], check=True,
        capture_output=True, text=True).stdout.splitlines()[-1])
    wbinvd = rules_of(made, "found")["wbinvd"]
    ok("both VMs that were there all the time have the finding",
       {finding["vm"] for finding in wbinvd["findings"]} == {1, 2}, wbinvd["findings"])
    for finding in wbinvd["findings"]:
        vm = next(vm for vm in total["vms"] if vm["number"] == finding["vm"])
        vcpu = next(vcpu for vcpu in vm["by_vcpu"] if vcpu["vcpu"] == finding["vcpu"])
        reason = next(row for row in vcpu["reasons"] if row.get("name") == "WBINVD")
        ok(f"VM {finding['vm']}: the exits are those of the run, the rate and the share, too",
           finding["exits"] == reason["exits"] and finding["name"] == vm["name"]
           and abs(finding["per_second"] * finding["seconds"] - reason["exits"]) < 0.01
           and abs(finding["time_share"] * finding["seconds"] * 1e9 - reason["ns"]) < 3000,
           f"{finding}\n{reason}")
        most = max(row["exits"] for vcpu in vm["by_vcpu"] for row in vcpu["reasons"]
                   if row.get("name") == "WBINVD")
        ok(f"VM {finding['vm']}: it is the vCPU with most", finding["exits"] == most)
    return made


def the_text(run, made):
    """The text has the same findings as the JSON, in 80 columns."""
    text = advise(run)
    words = " ".join(text.split())
    ok("its text is in 80 columns", max(map(len, text.splitlines())) <= 80)
    for name, rule in rules_of(made, "found").items():
        said = [rule["title"], rule["usually"], rule["change"], rule["bounds_in_words"],
                rule["threshold"], *rule["sources"], rule["findings"][0]["seen"],
                rule["findings"][0]["check"]]
        lost = [part for part in said if part not in words]
        ok(f"{name}: all is said", not lost, lost)
    for state in ("silent", "unjudged", "absent"):
        lines = " ".join(re.findall(rf"(?m)^{state} +(.*(?:\n {{9}}.*)*)", text))
        lost = [name for name in rules_of(made, state) if name not in lines]
        ok(f"{state}: all of them are listed", not lost, f"{lost}\n{lines}")


def the_lacks(folder, run, made):
    """Each rule that cannot be judged names the missing option, and with that option it
    is judged."""
    lacks = {name: rule["lacks"] for name, rule in rules_of(made, "unjudged").items()}
    ok("with ports and time off the CPU: two other kinds of keys are lacked",
       set(lacks.values()) == {"record with --by msr", "record with --by mmio"}, lacks)
    other = record(folder, "msr.exits", "--by", "msr")
    judged = rules_of(document(other))
    for name, lack in lacks.items():
        ok(f"{name}: is judged with what it lacked, and only then",
           (judged[name]["state"] == "unjudged") == ("msr" not in lack), judged[name]["state"])
    ok("without time off the CPU: preemption is lacked",
       judged["preempted"]["lacks"] == "record with --off-cpu", judged["preempted"])
    counted = rules_of(document(record(folder, "counted.exits", "--count-only")))
    ok("counts alone: rates are judged, shares are not",
       counted["wbinvd"]["state"] == "found" and counted["cpuid"]["state"] == "unjudged"
       and counted["cpuid"]["lacks"] == "record without --count-only"
       and "time_share" not in counted["wbinvd"]["findings"][0])
    some = rules_of(document(record(folder, "some.exits", "--reason", "WBINVD")))
    ok("a recorder's --reason: the others are not judged",
       some["wbinvd"]["state"] == "found"
       and some["interrupts"]["lacks"] == "record without --reason", some["interrupts"])
    brief = os.path.join(folder, "brief.exits")
    subprocess.run([f"{BUILD}/tests/record_demo", "4", "-o", brief, "-i", "50ms"], check=True,
                   capture_output=True)
    made = document(brief)
    ok("a run of less than a second is not judged",
       made["vms_judged"] == 0 and not rules_of(made, "found") and not rules_of(made, "silent"))
    ok("a VM that is not there: status 2", advise(run, "--vm", "nonesuch", status=2))


def the_filters(run):
    """--vm and --vcpu choose what is judged; --reason chooses the rules."""
    one = document(run, "--vm", "vm2")
    ok("--vm: that VM alone", one["vms_judged"] == 1 and all(
        finding["name"] == "vm2" for rule in one["rules"] for finding in rule["findings"]))
    second = rules_of(document(run, "--vcpu", "1"), "found")
    ok("--vcpu: that vCPU alone", second and all(
        finding["vcpu"] == 1 for rule in second.values() for finding in rule["findings"]))
    chosen = rules_of(document(run, "--reason", "wbinvd"))
    ok("--reason: rules about it", set(chosen) == {"preempted", "wbinvd"}
       and chosen["wbinvd"]["state"] == "found", set(chosen))
    with open(run, "rb") as file:
        piped = subprocess.run([EXITLEDGER, "advise", "-", "--json"], check=True, stdin=file,
                               stdout=subprocess.PIPE).stdout
    ok("from standard input: the same", rules_of(json.loads(piped)) == rules_of(document(run)))


def the_report(folder, run, made):
    """A report mentions that there is advice, and its page contains the advice."""
    found, page = rules_of(made, "found"), os.path.join(folder, "page.html")
    report = [EXITLEDGER, "report", run]
    short = json.loads(subprocess.run([*report, "--json"], check=True,
                                      stdout=subprocess.PIPE).stdout)["advice"]
    ok("report --json: has the rules that found something", short == [
        {"id": name, "title": rule["title"], "vms": len(rule["findings"])}
        for name, rule in found.items()], short)
    text = subprocess.run(report, check=True, stdout=subprocess.PIPE, text=True).stdout
    lines = re.search(r"\nADVICE .*\n((?:.+\n)+)", text)[1].splitlines()
    ok("report: has them, too", [line.split()[0] for line in lines] == list(found)
       and all(rule["title"] in line and len(line) <= 80
               for line, rule in zip(lines, found.values())), lines)
    subprocess.run([*report, "-o", page], check=True)
    with open(page, encoding="utf-8") as file:
        body = html.unescape(re.search(r'<h2 id="advice">.*?</section>', file.read(), re.S)[0])
    for name, rule in found.items():
        said = [rule["title"], rule["findings"][0]["seen"], rule["usually"], rule["change"],
                rule["bounds_in_words"], rule["threshold"], *rule["sources"]]
        lost = [part for part in said if part not in body]
        ok(f"{name}: the page has all of it", not lost, lost)
    none = subprocess.run([*report, "--vm", "vm2", "--reason", "CPUID"], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    ok("report: or that there is none",
       "\nadvice   none: 2 rules found nothing, 0 could not be judged\n" in none, none)


def the_unknown(folder):
    """A processor that no rule covers is refused, rather than reported as free of
    findings."""
    run = record(folder, "unknown.exits")
    database = sqlite3.connect(run)
    database.execute("UPDATE meta SET value = 99 WHERE name = 'isa'")
    database.commit()
    database.close()
    ok("a processor that no rule is about: nothing is said", not advise(run, status=3))
    report = subprocess.run([EXITLEDGER, "report", run], check=True, stdout=subprocess.PIPE,
                            text=True).stdout
    ok("its report is without advice", "advice" not in report.lower(), report)


def names(form):
    """Return the names of all members of a form."""
    if isinstance(form, list):
        return names(form[0])
    return {name.rstrip("?") for name in form} | {
        name for part in form.values() for name in names(part)
    } if isinstance(form, dict) else set()


def the_page(made, bare):
    """The manual page lists all JSON members, and each rule with its bounds and
    requirements."""
    with open(PAGE, encoding="utf-8") as page:
        text = page.read()
    body = re.split(r"(?m)^JSON\n====\n", text)[1].split("\nOVERHEAD\n")[0]
    said = set(re.findall(r"\b\w+\b", body))
    ok("the page has all members of JSON", names(DOCUMENT) <= said, names(DOCUMENT) - said)
    section = text.split("\nRULES\n")[1].split("\nJSON\n")[0]
    entries = re.findall(r"(?m)^([a-z-]+)\n((?: {3}.*\n)+)", section)
    ok("the page has the rules, in their order",
       [name for name, _ in entries] == [rule["id"] for rule in made["rules"]])
    for name, lines in entries:
        rule, words = rules_of(made)[name], " ".join(lines.replace("**", "").split())
        lacks = rules_of(bare)[name].get("lacks", "")
        lasts = {0.25: "", 0.5: "half of the time", 0.75: "three quarters of the time"}
        option = re.search(r"with (--[a-z-]+(?: [a-z]+)?)", lacks)
        ok(f"the page has {name} as it is",
           words.startswith(rule["title"] + ".") and rule["bounds_in_words"] in words
           and lasts[rule["lasts"]] in words
           and (not option or f"eeds {option[1]}" in words), f"{words}\n{rule}")


def main():
    with tempfile.TemporaryDirectory() as folder:
        run = record(folder, "port.exits", "--by", "port", "--off-cpu")
        made = the_numbers(run)
        the_text(run, made)
        the_lacks(folder, run, made)
        the_filters(run)
        the_report(folder, run, made)
        the_unknown(folder)
        the_page(made, document(record(folder, "bare.exits")))


main()
done()
