# SPDX-License-Identifier: GPL-2.0-only
"""Groups of exit reasons that have the same cause on SVM and VMX."""

# The name of each group, its reasons on SVM, and those on VMX.
GROUPS = (
    ("port I/O", ("IOIO",), ("IO_INSTRUCTION",)),
    ("interrupts", ("INTR", "VINTR", "NMI"),
     ("EXTERNAL_INTERRUPT", "INTERRUPT_WINDOW", "PREEMPTION_TIMER")),
    ("MSRs", ("MSR",), ("MSR_READ", "MSR_WRITE")),
    ("CPUID", ("CPUID",), ("CPUID",)),
    ("nested page faults", ("NPF",), ("EPT_VIOLATION", "EPT_MISCONFIG")),
    ("exceptions", ("EXCP_PF", "EXCP_UD", "EXCP_DB"), ("EXCEPTION_NMI",)),
    ("control registers",
     ("READ_CR0", "READ_CR3", "READ_CR4", "WRITE_CR0", "WRITE_CR3",
      "WRITE_CR4", "CR0_SEL_WRITE"), ("CR_ACCESS",)),
    ("INVLPG", ("INVLPG",), ("INVLPG",)),
    ("HLT", ("HLT",), ("HLT",)),
)
OTHER = "other"
NAMES = tuple(group[0] for group in GROUPS) + (OTHER,)


def grouped(vendor, exits):
    """Convert {reason: exits} to {group: exits}, in the order of NAMES."""
    column = 1 if vendor == "amd" else 2
    of_reason = {reason: group[0] for group in GROUPS
                 for reason in group[column]}
    sums = dict.fromkeys(NAMES, 0)
    for reason, count in exits.items():
        sums[of_reason.get(reason, OTHER)] += count
    return sums
