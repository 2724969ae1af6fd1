# SPDX-License-Identifier: GPL-2.0-only
"""The mistakes that are known, how each shows in the runs, and where to look.

A mistake is a function that gets a Case and returns its evidence, or None.  Its title and
its advice are in MISTAKES.
"""

from dataclasses import dataclass

# A guest that ran before has caused no fewer exits than this.
MANY = 1000
# The cycles of a reason are in u32 if what is missing is a multiple of 2^32, this closely.
CLOSE = 0.03


@dataclass
class Case:
    """A grade, for the functions below."""

    runs: dict  # name -> Run
    complaints: tuple = ()  # lines of L1's log against KVM

    def run(self, name):
        """Return a run, if it took place and has results."""
        run = self.runs.get(name)
        return run if run and run.results else None

    def total(self, name="work"):
        """Return the result of the leaf of all exits in a run."""
        run = self.run(name)
        return run.get("exits") if run else None


def apart(result):
    """Return by how much a count is wrong at the first and at the last finding."""
    def distance(finding):
        if finding["kernel"] < finding["low"]:
            return finding["kernel"] - finding["low"]
        return finding["kernel"] - finding["high"]

    return distance(result.first), distance(result.last)


def nothing_counted(case):
    """The vendor was forgotten: all counts are 0."""
    counts = [result for run in case.runs.values() for result in run.results
              if not result.is_time and "kernel" in result.data]
    if not counts or any(result.data["kernel"] for result in counts):
        return None
    return f"{len(counts)} counts were read, and all are 0"


def only_cpuid(case):
    """Only CPUID is counted."""
    run, total = case.run("work"), case.total()
    if not run or not total or not total.wrong:
        return None
    cpuid = run.get("reason-exits", "CPUID")
    if not cpuid:
        return None
    # The total may have been read a few CPUIDs after the reason.
    if abs(total.data["kernel"] - cpuid.data["after"]) > 64 or total.rule != "kernel-low":
        return None
    if total.data["before"] - total.data["kernel"] < MANY:
        return None
    return f"{total.last['text']}: that is the number of CPUIDs"


def off_by_one(case, sign):
    """The total is always one exit less, or more."""
    total = case.total()
    if not total or total.wrong != total.reads or apart(total) != (sign, sign):
        return None
    return total.last["text"]


def counted_late(case):
    """The exit that asks is not in the answer."""
    return off_by_one(case, -1)


def starts_at_one(case):
    """One exit too many, from the beginning."""
    return off_by_one(case, 1)


def host_wide(case):
    """Counts are of all VMs of the host."""
    total, second = case.total(), case.total("second")
    if not total or not second or second.rule != "kernel-high":
        return None
    if total.rule == "kernel-high" or apart(second)[1] < MANY:
        return None
    return f"after another guest: {second.last['text']}"


def some_reasons(case):
    """Some reasons are not counted, and others are."""
    run = case.run("work")
    if not run or nothing_counted(case) or only_cpuid(case) or counted_late(case):
        return None
    low = run.wrong("reason-exits", "kernel-low")
    right = [result for result in run.results
             if result.tells == "reason-exits" and result.judged and not result.wrong]
    if not low or not right:
        return None
    return "; ".join(result.last["text"] for result in low[:3])


def own_vcpu(case):
    """Only the vCPU that asks is counted."""
    work, run = case.run("work"), case.run("vcpus")
    if not work or not run or work.wrong("exits") or work.wrong("reason-exits"):
        return None
    low = run.wrong("exits", "kernel-low") + run.wrong("reason-exits", "kernel-low")
    return f"with two vCPUs: {low[0].last['text']}" if low else None


def was_reset(case):
    """A triple fault clears the counters."""
    total, reset = case.total(), case.total("reset")
    if not total or total.wrong or not reset or reset.rule != "kernel-low":
        return None
    return f"after a triple fault: {reset.last['text']}"


def fast_path(case):
    """Exits of the fast path are lost (VMX)."""
    run = case.run("fast")
    low = run.wrong("reason-exits", "kernel-low") if run else []
    low = [result for result in low if result.name == "MSR_WRITE" and apart(result)[1] < -500]
    return low[0].last["text"] if low and not nothing_counted(case) else None


def no_exits(case):
    """Entries that failed, and emulation, are counted as exits (VMX)."""
    texts = []
    for name in ("vmfail", "emulated"):
        run = case.run(name)
        if run and not run.wrong("exits", "kernel-low"):
            texts += [result.last["text"] for result in run.wrong("exits", "kernel-high")]
    total = case.total()
    return "; ".join(texts) if texts and not (total and total.wrong) else None


def flag_bits(case):
    """A failed entry is not counted under its reason (VMX)."""
    run = case.run("failed")
    low = run.wrong("reason-exits", "kernel-low") if run else []
    low = [result for result in low if result.name == "INVALID_STATE"]
    return low[0].last["text"] if low and not nothing_counted(case) else None


def by_rule(case, rule):
    """Return the text of the first finding by a rule."""
    for run in case.runs.values():
        for result in run.results:
            if result.rule == rule:
                return f"{run.name}: {result.first['text']}"
    return None


def undefined(case):
    """Reasons are taken for defined that are not, or the reverse."""
    return by_rule(case, "undefined")


def registers(case):
    """Registers that must be zero are not."""
    return by_rule(case, "registers")


def time_high(case):
    """More time than has passed."""
    return by_rule(case, "time-high")


def no_time(case):
    """No time is booked."""
    if nothing_counted(case) or only_cpuid(case):
        return None
    for run in case.runs.values():
        for result in run.results:
            if result.is_time and result.wrong and not result.data.get("cycles", 1):
                return f"{run.name}: {result.last['text']}"
    return None


def wraps(result):
    """Return how often a time of 32 bits has wrapped, or 0."""
    data = result.data
    if not data.get("kernel_ns") or data["cycles"] >= 1 << 32:
        return 0
    rate = data["cycles"] / data["kernel_ns"]
    turns = (data["bpf_ns"] * rate - data["cycles"]) / (1 << 32)
    return round(turns) if turns > 0.9 and abs(turns - round(turns)) < CLOSE else 0


def narrow_time(case):
    """The cycles of a reason have 32 bits."""
    run, work = case.run("pause"), case.run("work")
    if not run or not work:
        return None
    for result in run.wrong("reason-cycles", "time") + run.wrong("cycles", "time"):
        before = work.get(result.tells, result.name)
        if wraps(result) and (not before or not before.wrong):
            return f"{result.last['text']}: {wraps(result)} times 2^32 cycles are missing"
    return None


def logs(case):
    """The kernel's log grows with the exits."""
    for run in case.runs.values():
        total = run.get("exits")
        exits = total.data.get("after", 0) if total else 0
        if exits > 100 and run.logged > exits / 10:
            return f"{run.name}: {run.logged:,} lines in the log for {exits:,} exits"
    return None


def hangs(case):
    """A guest does not end."""
    for run in case.runs.values():
        if run.hung:
            return f"{run.name}: {run.hung_since()}"
    return None


def guest_fails(case):
    """A guest ends with an error."""
    for run in case.runs.values():
        if run.failed and not run.hung:
            lines = [line for line in run.text.splitlines()
                     if line.startswith(("microguest:", "run-qemu:"))]
            return f"{run.name}: {lines[0] if lines else 'the guest failed'}"
    return None


def warned(case):
    """The kernel has warned of a state that KVM must not be in."""
    return case.complaints[0] if case.complaints else None


@dataclass
class Mistake:
    """A known mistake."""

    name: str
    title: str
    where: str
    shows: object  # Case -> evidence or None


MISTAKES = (
    Mistake("nothing", "Nothing is counted on this vendor's processors.",
            "The hooks are in the other vendor's module: svm/svm.c is AMD's, and vmx/vmx.c "
            "is Intel's. Each needs its own, in svm_vcpu_run() and in vmx_vcpu_run().",
            nothing_counted),
    Mistake("only-cpuid", "Only the guest's CPUIDs are counted.",
            "kvm_emulate_cpuid() runs for one reason of many. Count where all exits come "
            "by: in *_vcpu_run(), next to trace_kvm_exit().", only_cpuid),
    Mistake("late", "The exit that asks is not in the answer.",
            "The count comes after the handler has answered. Count before the handler is "
            "called: best where the exit happens, in *_vcpu_run().", counted_late),
    Mistake("one-more", "One exit too many is counted, from the beginning.",
            "Look at the counter's first value, and whether entries are counted.",
            starts_at_one),
    Mistake("host-wide", "One set of counters for all VMs of the host.",
            "A variable of the module is shared by all guests, and a guest sees what others "
            "do. Keep the counters in the vCPU, and add up those of the VM at a read.",
            host_wide),
    Mistake("some-reasons", "Some reasons are not counted.",
            "Single handlers have the increment, or KVM comes by another way: with "
            "retpolines it calls some handlers directly, and the fast path calls none.",
            some_reasons),
    Mistake("own-vcpu", "Only the vCPU that asks is counted.",
            "Add up all vCPUs: kvm_for_each_vcpu().", own_vcpu),
    Mistake("reset", "Counters are cleared when the guest starts again.",
            "Look for code of yours in *_vcpu_reset().", was_reset),
    Mistake("fast-path", "Exits are lost that KVM handles in its fast path.",
            "vmx_handle_exit() is not called for them. Count in vmx_vcpu_run(), next to "
            "trace_kvm_exit().", fast_path),
    Mistake("no-exits", "What was no exit is counted.",
            "vmx_handle_exit() also runs after a failed VMLAUNCH (exit_reason 0xdead) and "
            "when KVM has emulated instead. Count in vmx_vcpu_run(), next to "
            "trace_kvm_exit().", no_exits),
    Mistake("flags", "The exit reason's flag bits are in the index.",
            "Only bits 15:0 are the reason: use exit_reason.basic.", flag_bits),
    Mistake("undefined", "A reason that the manual does not define is answered as if it did, "
            "or the reverse.",
            "Check ECX before it is an index: an index that a guest chooses reads memory of "
            "the host.", undefined),
    Mistake("registers", "Registers that must be zero are not.",
            "Set all four registers in each branch: a variable that is not set shows the "
            "guest a part of the host's stack.", registers),
    Mistake("time-high", "More time is booked than has passed.",
            "Look whether an exit's time is added twice, or from an old stamp.", time_high),
    Mistake("no-time", "Exits are counted, but their time is not booked.",
            "Look at the place where the cycles are added: is it reached for this reason?",
            no_time),
    Mistake("u32-time", "Cycles are kept in 32 bits, and wrap after a second or two.",
            "Use u64, and cut it in two halves at the answer only.", narrow_time),
    Mistake("printk", "KVM writes to the kernel's log at each exit.",
            "Remove the printk(): it costs more than the exit, and its time is booked, too.",
            logs),
    Mistake("hang", "A guest hangs.",
            "Does the handler's return value get lost? 0 sends KVM to user space, and 1 back "
            "into the guest.", hangs),
    Mistake("guest-fails", "A guest ends with an error.",
            "Look at the return values of the functions that you have wrapped.", guest_fails),
    Mistake("warns", "The kernel warns of a state that KVM must not be in.",
            "Read the check at the line that the warning names: the kernel's own KVM passes "
            "it in all of these runs.", warned),
)


def find(case):
    """Return [(Mistake, evidence)] for those that show."""
    found = []
    for mistake in MISTAKES:
        evidence = mistake.shows(case)
        if evidence:
            found.append((mistake, evidence))
    names = {mistake.name for mistake, _evidence in found}
    # These explain the rest.
    for strong in ("nothing", "only-cpuid"):
        if strong in names:
            return [pair for pair in found if pair[0].name in (strong, "printk", "undefined", "warns")]
    return found
