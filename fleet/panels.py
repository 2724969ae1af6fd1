# SPDX-License-Identifier: GPL-2.0-only
"""The table of the dashboard's panels.  dashboards.py writes it in the formats of Grafana
and of Perses."""

from dataclasses import dataclass

# Units; dashboards.py has each engine's names for them.
PER_SECOND, SECONDS, SHARE, BYTES, COUNT = "per second", "seconds", "share", "bytes", "count"


@dataclass(frozen=True)
class Panel:
    """A panel: its queries are pairs of PromQL and a legend."""

    title: str
    text: str  # what it shows, and what to do with it
    unit: str
    queries: tuple
    width: int = 12  # of 24 columns
    is_number: bool = False  # show only the last value
    # An option of the exporter; or "KVM" for metrics that no recorded run has.
    needs: str = ""


HOST = 'instance=~"$instance"'
VM = 'instance=~"$instance",vm=~"$vm"'
RATE = "[$__rate_interval]"


def rate(metric, where, more=""):
    """Return the query for the rate of a counter."""
    return f"rate({metric}{{{where}{more}}}{RATE})"


def quantile(share):
    """Return the query for a quantile of the times of exits by class, without idle ones."""
    buckets = rate("exitledger_exit_duration_seconds_bucket", HOST, ',class!="idle"')
    return f"histogram_quantile({share}, sum by (class, le) ({buckets}))"


WORK = rate("exitledger_exit_seconds_total", VM, ',class!="idle"')
VCPUS = f"(exitledger_vm_vcpus{{{VM}}} > 0)"

ROWS = (
    ("Fleet", (
        Panel("Hosts", "Exporters that are scraped.", COUNT,
              ((f"count(exitledger_build_info{{{HOST}}})", "hosts"),), 4, True),
        Panel("VMs", "VMs that run now.", COUNT,
              ((f"sum(exitledger_vms{{{HOST}}})", "VMs"),), 4, True),
        Panel("vCPUs", "vCPUs of these VMs.", COUNT,
              ((f"sum(exitledger_vm_vcpus{{{HOST}}})", "vCPUs"),), 4, True),
        Panel("Exits by class", "All exits of these hosts, by what causes them.", PER_SECOND,
              ((f"sum by (class) ({rate('exitledger_exits_total', HOST)})", "{{class}}"),)),
        Panel("Hosts with most exits", "A host that differs from its peers is worth a look.",
              PER_SECOND,
              ((f"topk(10, sum by (instance) ({rate('exitledger_exits_total', HOST)}))",
                "{{instance}}"),)),
        Panel("VMs with most exits", "The ten VMs with most exits.", PER_SECOND,
              (("topk(10, sum by (instance, vm) "
                f"({rate('exitledger_exits_total', VM)}))", "{{vm}} on {{instance}}"),)),
        Panel("VMs that exits hold up most",
              "The share of vCPU time that is neither the guest's nor idleness: KVM's and the "
              "VMM's work, and waiting for a processor.", SHARE,
              ((f"topk(10, sum by (instance, vm) ({WORK}) / on (instance, vm) {VCPUS})",
                "{{vm}} on {{instance}}"),)),
        Panel("VMs that wait for a processor most",
              "The share of vCPU time in which a vCPU could have run: an overcommitted host.",
              SHARE,
              ((f"topk(10, {rate('exitledger_vcpu_preempted_seconds_total', VM)} / "
                f"on (instance, vm) {VCPUS})", "{{vm}} on {{instance}}"),), needs="--off-cpu"),
    )),
    ("VM", (
        Panel("Exits by reason", "Of the chosen VMs.", PER_SECOND,
              ((f"sum by (reason) ({rate('exitledger_exits_total', VM)})", "{{reason}}"),)),
        Panel("Time by class", "vCPU seconds per second that exits of each class take.", SECONDS,
              ((f"sum by (class) ({rate('exitledger_exit_seconds_total', VM)})", "{{class}}"),)),
        Panel("Mean time of an exit", "By reason, idleness aside.", SECONDS,
              ((f"sum by (reason) ({WORK}) / sum by (reason) "
                f"({rate('exitledger_exits_total', VM)} > 0)", "{{reason}}"),)),
        Panel("Asleep and preempted", "vCPU seconds per second off the CPU.", SECONDS,
              ((f"sum({rate('exitledger_vcpu_preempted_seconds_total', VM)})", "preempted"),
               (f"sum({rate('exitledger_vcpu_blocked_seconds_total', VM)})", "asleep")),
              needs="--off-cpu"),
        Panel("What exits are about", "The ten keys with most exits.", PER_SECOND,
              (("topk(10, sum by (reason, key, name) "
                f"({rate('exitledger_keyed_exits_total', VM)}))", "{{reason}} {{key}} {{name}}"),),
              needs="--by"),
        Panel("Slow exits", "Exits above the threshold, by reason.", PER_SECOND,
              ((f"sum by (reason) ({rate('exitledger_slow_exits_total', VM)})", "{{reason}}"),),
              needs="--slower-than"),
    )),
    ("Times of the hosts' exits", (
        Panel("Median", "Half of the exits take no longer.", SECONDS,
              ((quantile(0.5), "{{class}}"),), 8),
        Panel("99th percentile", "One of a hundred takes longer.", SECONDS,
              ((quantile(0.99), "{{class}}"),), 8),
        Panel("99.9th percentile",
              "One of a thousand takes longer; the exemplars name VM, vCPU and thread.", SECONDS,
              ((quantile(0.999), "{{class}}"),), 8),
    )),
    ("Are the numbers right?", (
        Panel("Numbers that are wrong", "More than 0 is a mistake in KVM or in exitledger.", COUNT,
              (("sum(increase(exitledger_books_discrepancies_total"
                f"{{{HOST}}}[$__range]))", "wrong"),), 6, True, "KVM"),
        Panel("Numbers that were judged", "KVM's numbers that were held against BPF's.", PER_SECOND,
              ((f"sum by (kind) ({rate('exitledger_books_judged_total', HOST)})", "{{kind}}"),),
              6, needs="KVM"),
        Panel("Exits that KVM counts besides",
              "KVM's own statistics less BPF's count: entries that failed, and the moment "
              "between the two looks.", PER_SECOND,
              ((f"sum by (instance) ({rate('exitledger_kvm_exits_total', HOST)}) - "
                f"sum by (instance) ({rate('exitledger_exits_total', HOST)})", "{{instance}}"),),
              6, needs="KVM"),
        Panel("Lost events", "Events that could not be booked, in the last quarter of an hour.",
              COUNT, ((f"sum by (kind) (increase(exitledger_lost_events_total{{{HOST}}}[15m]))",
                       "{{kind}}"),), 6),
    )),
    ("Exporters", (
        Panel("Processor time", "Of the exporters, without what BPF adds to exits.", SECONDS,
              ((f"rate(process_cpu_seconds_total{{{HOST}}}{RATE}) "
                "and on (instance) exitledger_build_info", "{{instance}}"),), 6),
        Panel("Memory", "Resident.", BYTES,
              ((f"process_resident_memory_bytes{{{HOST}}} "
                "and on (instance) exitledger_build_info", "{{instance}}"),), 6),
        Panel("Collecting", "How long it takes to collect what a scrape shows.", SECONDS,
              ((f"exitledger_collect_duration_seconds{{{HOST}}}", "{{instance}}"),), 6),
        Panel("Slots for vCPUs", "The share that is in use; above 0.9 there is an alert.", SHARE,
              ((f"exitledger_vcpu_slots_used{{{HOST}}} / exitledger_vcpu_slots{{{HOST}}}",
                "{{instance}}"),), 6, needs="KVM"),
    )),
)
