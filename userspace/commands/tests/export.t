#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""exitledger export: each number in a scrape equals monitor's exactly, strict parsers
accept both formats, and HTTP requests get the right answers."""

import gzip
import http.client
import json
import os
import signal
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.."))
sys.dont_write_bytecode = True
sys.path[:0] = ["tests", "userspace/export/tests"]
import metrics  # noqa: E402
from exporter import BUILD, EXITLEDGER, OPEN, TYPES, Exporter  # noqa: E402
from tap import done, ok, skip  # noqa: E402

DIRECTORY = tempfile.TemporaryDirectory(prefix="export-")
os.chmod(DIRECTORY.name, 0o755)
BOUNDS = [2**k for k in (*range(10, 21), 22, 24, 26, 28, 30, 33)]


def path(name):
    """Return the path of a file in this test's directory."""
    return os.path.join(DIRECTORY.name, name)


def recorded(name, collections, *options):
    """Record a run of a made-up host."""
    subprocess.run([f"{BUILD}/tests/record_demo", str(collections), "-o", path(name), *options],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return path(name)


def replayed(run, *options):
    """Return the samples of a run, from 'replay --json'."""
    return [json.loads(line) for line in subprocess.run(
        [EXITLEDGER, "replay", run, "--json", *options], check=True, stdout=subprocess.PIPE,
        text=True).stdout.splitlines()]


def reason_of(reason):
    """Return a reason's name as it stands in a label."""
    return reason.get("name") or f"UNKNOWN(0x{reason['reason']:x})"


def by_vm_and_reason(sample, field):
    """Sum a field of a replay sample by VM and reason."""
    sums = Counter()
    for vm in sample["vms"]:
        for reason in vm["reasons"]:
            sums[label(vm["name"]), reason_of(reason)] += reason.get(field, 0)
    return sums


def label(name):
    """Return a VM's name with a question mark for each U+FFFD, which stands for bytes that
    are not UTF-8."""
    return name.replace("\ufffd", "?")


def shown(families, name, in_ns=False):
    """Return {(VM, reason): value} of a family."""
    return Counter({(sample.labels["vm"], sample.labels["reason"]):
                    sample.ns() if in_ns else int(sample.value)
                    for sample in metrics.series(families, name).values()})


# Families with the labels vm and reason, and monitor's field with the same numbers.
SAME = {
    "exitledger_exits": ("exits", False),
    "exitledger_exit_seconds": ("ns", True),
    "exitledger_fast_exits": ("fast", False),
}


def differences(families, sample):
    """Collect the families that differ from monitor's numbers; there must be none."""
    wrong = {}
    for name, (field, in_ns) in SAME.items():
        wanted, given = by_vm_and_reason(sample, field), shown(families, name, in_ns)
        # A series may be missing if its value is 0: "+" drops values of 0.
        if +wanted != +given:
            wrong[name] = (+wanted - +given, +given - +wanted)
    return wrong


def off_cpu(families, sample):
    """Each VM's time off the CPU is the sum of its times in monitor's numbers."""
    for family, field in (("preempted", "preempted_ns"), ("blocked", "blocked_ns")):
        wanted = Counter()
        for (vm, _), ns in by_vm_and_reason(sample, field).items():
            wanted[vm] += ns
        given = Counter({found.labels["vm"]: found.ns() for found in metrics.series(
            families, f"exitledger_vcpu_{family}_seconds").values()})
        ok(f"time {family}: by VM, all of it", wanted == given, (wanted, given))


def histograms(families, sample):
    """The host's buckets, counts and sums equal those of all VMs' histograms added up."""
    wanted = {}
    for vm in sample["vms"]:
        for reason in vm["reasons"]:
            row = wanted.setdefault(reason_of(reason), [0] * (len(BOUNDS) + 2))
            for low, count in reason["histogram"]:
                for i, bound in enumerate(BOUNDS):
                    row[i] += count * (low < bound)
                row[-2] += count
            row[-1] += reason.get("ns", 0)
    given = {}
    for found in families["exitledger_exit_duration_seconds"].samples:
        row = given.setdefault(found.labels["reason"], [])
        if found.name.endswith("_bucket"):
            row.append(int(found.value))
        elif found.name.endswith("_sum"):
            row.append(found.ns())
    ok("histograms: every bucket, and the sum", given == wanted, (given, wanted))


def keys_and_slow(families, run, sample):
    """The exits by key add up to monitor's, and the number of slow exits is the same."""
    wanted, given = Counter(), Counter()
    for vm in sample["vms"]:
        for reason in vm["reasons"]:
            for key in reason.get("keys", []):
                wanted[label(vm["name"]), reason_of(reason), f"0x{key['key']:x}",
                       key.get("key_name")] += \
                    key["exits"]
    for found in metrics.series(families, "exitledger_keyed_exits").values():
        given[found.labels["vm"], found.labels["reason"], found.labels["key"],
              found.labels.get("name")] = int(found.value)
    ok("keys: exits by port", wanted and wanted == given, (wanted, given))
    names = {vm["number"]: label(vm["name"]) for vm in sample["vms"]}
    wanted = Counter((names[slow["vm"]], slow["name"]) for line in replayed(run)
                     for slow in line["slow"])
    given = shown(families, "exitledger_slow_exits")
    ok("slow exits: as many", wanted and wanted == given, (wanted, given))


def host(families, sample):
    """Metrics of the host, and of VMs as a whole."""
    wanted = {(("kind", kind),): count for kind, count in sample["lost"].items()}
    given = {key: int(found.value)
             for key, found in metrics.series(families, "exitledger_lost_events").items()}
    ok("losses: all kinds, those of which there are none as well",
       given == wanted and sum(given.values()), (given, wanted))
    wanted = {label(vm["name"]): (str(vm["pid"]), 0 if vm["ended"] else vm["vcpus"])
              for vm in sample["vms"]}
    vcpus = {found.labels["vm"]: int(found.value) for found in
             metrics.series(families, "exitledger_vm_vcpus").values()}
    given = {found.labels["vm"]: (found.labels["pid"], vcpus[found.labels["vm"]])
             for found in metrics.series(families, "exitledger_vm_info").values()}
    ok("VMs: their processes and vCPUs", wanted == given, (wanted, given))
    live = metrics.series(families, "exitledger_vms")[()]
    ok("VMs: how many there are", int(live.value) == sum(
        not vm["ended"] for vm in sample["vms"]), live.value)


def every_number():
    """All numbers of a run, in both formats."""
    run = recorded("all.exits", 12, "--by", "port", "--fast", "--off-cpu",
                   "--slower-than", "1ms")
    total = replayed(run, "--histograms", "--interval", "0")[-1]
    with Exporter("--replay", run, "--at-once") as exporter:
        for is_open in (False, True):
            families = exporter.scrape(is_open)
            wrong = differences(families, total)
            ok(f"OpenMetrics {is_open}: exits, their times and fast ones are monitor's",
               not wrong, wrong)
        off_cpu(families, total)
        histograms(families, total)
        keys_and_slow(families, run, total)
        host(families, total)
        exemplars = [found.exemplar for found in
                     families["exitledger_exit_duration_seconds"].samples if found.exemplar]
        slowest = max(reason.get("max_ns", 0) for vm in total["vms"] for reason in vm["reasons"])
        ok("exemplars: the slowest exit of all is one of them", slowest in
           [value * 10**9 for _, value in exemplars], exemplars)
        ok("class: of a reason alone", all(
            found.labels["class"] == "io" for found in
            metrics.series(families, "exitledger_exits").values()
            if found.labels["reason"] == "IOIO"))
        status, said = exporter.stop()
        ok("SIGTERM ends it with 0, and no word", status == 0 and not said, (status, said))


def by_vcpu():
    """Series by vCPU, and a filter on vCPUs."""
    run = path("all.exits")
    wanted = Counter()
    for vm in replayed(run, "--by-vcpu", "--interval", "0", "--vcpu", "1")[-1]["vms"]:
        for vcpu in vm["by_vcpu"]:
            for reason in vcpu["reasons"]:
                wanted[label(vm["name"]), str(vcpu["vcpu"]), reason_of(reason)] += reason["exits"]
    with Exporter("--replay", run, "--at-once", "--by-vcpu", "--vcpu", "1",
                  "--histograms", "vm", "--created") as exporter:
        families = exporter.scrape(True)
        given = Counter({(found.labels["vm"], found.labels["vcpu"], found.labels["reason"]):
                         int(found.value)
                         for found in metrics.series(families, "exitledger_exits").values()})
    ok("by vCPU: the same exits, of the vCPU that is asked for", wanted and wanted == given,
       (wanted - given, given - wanted))
    created = [found for found in families["exitledger_exits"].samples
               if found.name.endswith("_created")]
    now = time.time()
    ok("created: of each counter, a little while ago",
       len(created) == len(given) and all(now - 60 < found.value <= now for found in created))
    ok("histograms: of each VM", all("vm" in found.labels for found in
                                     families["exitledger_exit_duration_seconds"].samples))


def as_it_happens():
    """A scrape during the run equals the sum of all intervals up to some interval."""
    run = recorded("steps.exits", 40, "-i", "50ms", "--detail", "200ms", "--fast")
    sums, sofar = [], {field: Counter() for field, _ in SAME.values()}
    samples = replayed(run, "--interval", "10ms")
    for sample in samples[:-1]:
        for field, _ in SAME.values():
            sofar[field] += by_vm_and_reason(sample, field)
        sums.append({field: Counter(of) for field, of in sofar.items()})
    # Exits after the last whole interval belong to no interval.
    whole = {field: by_vm_and_reason(samples[-1], field) for field, _ in SAME.values()}
    if any(+whole[field] != +sums[-1][field] for field in whole):
        sums.append(whole)
    found = []
    with Exporter("--replay", run, "--speed", "0.5") as exporter:
        end = time.monotonic() + 20
        while time.monotonic() < end and (not found or found[-1] != len(sums) - 1):
            families = exporter.scrape()
            now = {field: shown(families, name, in_ns) for name, (field, in_ns) in SAME.items()}
            if not any(now["exits"].values()):
                continue
            found.append(next((i for i, of in enumerate(sums)
                               if all(+of[field] == +now[field] for field in now)), None))
            if found[-1] is None:
                break
            time.sleep(0.1)
    ok("in the middle: each scrape is the sum of whole intervals", found and None not in found,
       found)
    ok("in the middle: no counter falls, and the last scrape has all",
       None not in found and found == sorted(found) and len(set(found)) > 3
       and found[-1] == len(sums) - 1, found)


def folding():
    """VMs above the limit share one series, and no exit is missing."""
    run = path("all.exits")
    total = replayed(run, "--interval", "0")[-1]
    with Exporter("--replay", run, "--at-once", "--max-vms", "3") as exporter:
        families = exporter.scrape()
    wanted, given = Counter(), Counter()
    for (_, reason), exits in by_vm_and_reason(total, "exits").items():
        wanted[reason] += exits
    for (_, reason), exits in shown(families, "exitledger_exits").items():
        given[reason] += exits
    names = {vm for vm, _ in shown(families, "exitledger_exits")}
    ok("--max-vms 3: three VMs and (other)", len(names) == 4 and "(other)" in names, names)
    ok("--max-vms 3: the sums are the same", wanted == given, (wanted, given))


def filters():
    """Filters select what monitor's filters select."""
    run = path("all.exits")
    total = replayed(run, "--interval", "0", "--vm", "vm*", "--reason", "CPUID")[-1]
    with Exporter("--replay", run, "--at-once", "--vm", "vm*", "--reason", "CPUID") as exporter:
        families = exporter.scrape()
    ok("--vm, --reason: what monitor shows with these",
       +by_vm_and_reason(total, "exits") == shown(families, "exitledger_exits"))
    run = recorded("counts.exits", 5, "--count-only")
    with Exporter("--replay", run, "--at-once") as exporter:
        families = exporter.scrape()
    ok("--count-only: no times", "exitledger_exits_total" in families and
       not [name for name in families if "exit_seconds" in name or "duration" in name and
            not name.startswith("exitledger_collect")], families.keys())
    with Exporter("--replay", path("all.exits"), "--at-once", "--histograms", "none") as exporter:
        families = exporter.scrape()
    ok("--histograms none: none", "exitledger_exit_duration_seconds" not in families)


def answers():
    """Answers to HTTP requests."""
    run = path("all.exits")
    with Exporter("--replay", run, "--at-once") as exporter:
        ok("it says where it serves",
           exporter.lines == [f"exitledger: serving at 127.0.0.1:{exporter.port}\n"],
           exporter.lines)
        _, plain_headers, plain = exporter.ask()
        status, headers, body = exporter.ask(Accept_Encoding="deflate, gzip;q=0.5")
        # The compressed answer is from the same collection as the one before.
        ok("gzip: the same, smaller", status == 200 and headers["Content-Encoding"] == "gzip"
           and gzip.decompress(body) == plain and len(body) < len(plain) / 4,
           (status, headers, len(body), len(plain)))
        ok("gzip: only for those who take it", "Content-Encoding" not in plain_headers and
           "Content-Encoding" not in exporter.ask(Accept_Encoding="gzip;q=0")[1])
        status, headers, body = exporter.ask(method="HEAD")
        ok("HEAD: the headers alone", status == 200 and not body and
           headers["Content-Length"] == str(len(plain)), (status, headers))
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "FOO"):
            status, headers, _ = exporter.ask(method=method)
            ok(f"{method}: 405", status == 405 and headers["Allow"] == "GET, HEAD", status)
        ok("/-/healthy", exporter.ask("/-/healthy")[::2] == (200, b"ok\n"))
        status, headers, body = exporter.ask("/")
        ok("/: a page with a link", status == 200 and b'href="/metrics"' in body and
           headers["Content-Type"].startswith("text/html"), (status, body))
        ok("/metrics?x=y", exporter.ask("/metrics?collect[]=x")[0] == 200)
        ok("all else: 404", {exporter.ask(where)[0] for where in
                             ("/metrics/", "/x", "//metrics", "/Metrics", "/metrics%20")} == {404})
        for accept in ("application/openmetrics-text", OPEN,
                       "text/plain;q=0.2,application/openmetrics-text; version=1.0.0; q=0.6"):
            ok(f"Accept: {accept}: OpenMetrics",
               exporter.ask(Accept=accept)[1]["Content-Type"] == TYPES[True])
        for accept in ("*/*", "text/plain", "application/openmetrics-text;version=0.0.1",
                       "application/openmetrics-text;q=0.1,text/plain;version=0.0.4;q=0.9",
                       "application/openmetrics-text;q=0", "garbage;;;,,q=", "text/html"):
            ok(f"Accept: {accept}: Prometheus' format",
               exporter.ask(Accept=accept)[1]["Content-Type"] == TYPES[False])


def parsers():
    """Other programs' parsers accept the metrics."""
    run = path("all.exits")
    with Exporter("--replay", run, "--at-once", "--created") as exporter:
        plain = exporter.ask()[2].decode()
        opened = exporter.ask(Accept=OPEN)[2].decode()
    try:
        from prometheus_client import parser
        from prometheus_client.openmetrics import parser as open_parser
    except ImportError:
        skip("parsers of prometheus_client", "python3-prometheus-client")
    else:
        for name, read, text, is_open in (("Prometheus", parser, plain, False),
                                          ("OpenMetrics", open_parser, opened, True)):
            theirs = {(sample.name, tuple(sorted(sample.labels.items()))): float(sample.value)
                      for family in read.text_string_to_metric_families(text)
                      for sample in family.samples}
            ours = {found.key(): float(found.value)
                    for family in metrics.parse(text, is_open).values()
                    for found in family.samples}
            ok(f"prometheus_client reads the same in {name}", theirs == ours,
               theirs.items() ^ ours.items())
    promtool = shutil.which("promtool", path=f"{BUILD}/aside/prometheus/usr/bin")
    if not promtool:
        skip("promtool check metrics", "promtool (prometheus)")
    else:
        checked = subprocess.run([promtool, "check", "metrics"], input=plain, check=False,
                                 text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        ok("promtool check metrics: no complaint",
           checked.returncode == 0 and not checked.stdout, checked.stdout)


def textfile():
    """--textfile works without a socket, and the file is replaced as a whole."""
    run = path("all.exits")
    written = path("kvm.prom")
    result = subprocess.run([EXITLEDGER, "export", "--replay", run, "--at-once", "--textfile",
                             written, "--interval", "0"], check=False, capture_output=True)
    ok("--textfile: ends with the run", result.returncode == 0 and not result.stderr,
       result.stderr)
    with open(written, encoding="utf-8") as file:
        families = metrics.parse(file.read(), False)
    total = replayed(run, "--interval", "0")[-1]
    ok("--textfile: what a scrape would have", not differences(families, total))
    mode = os.stat(written).st_mode & 0o777
    ok("--textfile: node_exporter may read it", mode == 0o644, oct(mode))
    process = subprocess.Popen([EXITLEDGER, "export", "--replay", run, "--speed", "0.01",
                                "--textfile", written, "--interval", "20ms"])
    seen, wrong = set(), []
    for _ in range(300):
        with open(written, encoding="utf-8") as file:
            seen.add(os.fstat(file.fileno()).st_mtime_ns)
            try:
                metrics.parse(file.read(), False)
            except metrics.Wrong as error:
                wrong.append(error)
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    ok("--textfile: SIGINT ends it", process.wait(timeout=20) == 0)
    ok("--textfile: replaced again and again, and always whole", len(seen) > 5 and not wrong,
       (len(seen), wrong[:1]))
    ok("--textfile: nothing else is left there", [name for name in os.listdir(DIRECTORY.name)
                                                   if ".prom" in name] == ["kvm.prom"])


def sockets():
    """Listening on addresses, and on sockets that another process has made."""
    run = path("all.exits")
    unix = path("socket")
    for _ in range(2):
        # The second time, the socket's file is left over from the first exporter.
        with Exporter("--replay", run, "--at-once", listen=[f"unix:{unix}"]) as exporter:
            asked = http.client.HTTPConnection("localhost", timeout=20)
            asked.sock = socket.socket(socket.AF_UNIX)
            asked.sock.connect(unix)
            asked.request("GET", "/-/healthy")
            ok("unix:PATH is served", asked.getresponse().read() == b"ok\n")
            taken = subprocess.run(exporter.argv, check=False, capture_output=True, text=True)
            ok("unix:PATH of another: refused", taken.returncode == 3 and
               taken.stderr.count("\n") == 1 and unix in taken.stderr, taken.stderr)
    with Exporter("--replay", run, "--at-once") as exporter:
        taken = subprocess.run(exporter.argv, check=False, capture_output=True, text=True)
        ok("a port of another: refused", taken.returncode == 3 and
           "Address already in use" in taken.stderr, taken.stderr)
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        made.listen()
        fd = made.fileno()
        # Pass the socket as systemd does: as descriptor 3, with the pid that it is meant
        # for.
        script = (f'exec 3<&{fd}; [ {fd} = 3 ] || exec {fd}<&-; '
                  'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"')
        process = subprocess.Popen(
            ["bash", "-c", script, "-", EXITLEDGER, "export", "--replay", run, "--at-once"],
            pass_fds=[fd], stderr=subprocess.PIPE, text=True)
        said = process.stderr.readline()
        asked = http.client.HTTPConnection(*made.getsockname(), timeout=20)
        asked.request("GET", "/metrics")
        body = asked.getresponse().read()
        ok("LISTEN_FDS: the socket that is there already",
           b"exitledger_exits_total" in body and str(made.getsockname()[1]) in said, said)
        process.terminate()
        ok("LISTEN_FDS: ends", process.wait(timeout=20) == 0)
        process.stderr.close()


def notified():
    """systemd is told that the exporter serves, is alive, and ends."""
    name = path("notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(name)
        told.settimeout(20)
        os.chmod(name, 0o777)
        with Exporter("--replay", path("all.exits"), "--at-once",
                      env={**os.environ, "NOTIFY_SOCKET": name,
                           "WATCHDOG_USEC": "400000"}) as exporter:
            heard = [told.recv(100) for _ in range(4)]
            exporter.stop()
            told.setblocking(False)
            rest = []
            try:
                while True:
                    rest.append(told.recv(100))
            except BlockingIOError:
                pass
    ok("READY, then signs of life, then STOPPING",
       heard[0] == b"READY=1" and set(heard[1:]) == {b"WATCHDOG=1"} and rest[-1] == b"STOPPING=1",
       (heard, rest))


def rights():
    """All rights are dropped before the first client is served."""
    with Exporter("--replay", path("all.exits"), "--at-once") as exporter:
        exporter.ask()
        status = exporter.status()
        ok("no capabilities, no way back, and a filter of system calls",
           int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0
           and status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", status)
        if os.geteuid():
            skip("not root", "root")
        else:
            ok("not root", "0" not in status["Uid"].split(), status["Uid"])


def damaged():
    """Files that are no run, and runs that end in the middle."""
    with open(path("none.exits"), "wb") as file:
        file.write(b"x" * 5000)
    result = subprocess.run([EXITLEDGER, "export", "--replay", path("none.exits")], check=False,
                            capture_output=True, text=True)
    ok("no run: one line, 3", result.returncode == 3 and result.stderr.count("\n") == 1,
       result.stderr)


every_number()
by_vcpu()
as_it_happens()
folding()
filters()
answers()
parsers()
textfile()
sockets()
notified()
rights()
damaged()
done()
