# SPDX-License-Identifier: GPL-2.0-only
"""Exit reasons of both vendors that have the same cause."""

# name, SVM's reasons, VMX's, colours on white and on black
GROUPS = (
    ("port I/O", ("IOIO",), ("IO_INSTRUCTION",), "#0969da", "#4493f8"),
    ("interrupts", ("INTR", "VINTR", "NMI"),
     ("EXTERNAL_INTERRUPT", "INTERRUPT_WINDOW", "PREEMPTION_TIMER"),
     "#818b98", "#9198a1"),
    ("MSRs", ("MSR",), ("MSR_READ", "MSR_WRITE"), "#bf8700", "#d29922"),
    ("CPUID", ("CPUID",), ("CPUID",), "#8250df", "#ab7df8"),
    ("nested page faults", ("NPF",), ("EPT_VIOLATION", "EPT_MISCONFIG"),
     "#1a7f37", "#3fb950"),
    ("exceptions", ("EXCP_PF", "EXCP_UD", "EXCP_DB"), ("EXCEPTION_NMI",),
     "#cf222e", "#f85149"),
    ("control registers",
     ("READ_CR0", "READ_CR3", "READ_CR4", "WRITE_CR0", "WRITE_CR3",
      "WRITE_CR4", "CR0_SEL_WRITE"), ("CR_ACCESS",), "#bc4c00", "#f0883e"),
    ("INVLPG", ("INVLPG",), ("INVLPG",), "#bf3989", "#db61a2"),
    ("HLT", ("HLT",), ("HLT",), "#1b7c83", "#39c5cf"),
)
OTHER = "other"
NAMES = tuple(group[0] for group in GROUPS) + (OTHER,)


def grouped(vendor, exits):
    """{reason: exits} as {group: exits}, in the order of NAMES."""
    column = 1 if vendor == "amd" else 2
    of_reason = {reason: group[0] for group in GROUPS
                 for reason in group[column]}
    sums = dict.fromkeys(NAMES, 0)
    for reason, count in exits.items():
        sums[of_reason.get(reason, OTHER)] += count
    return sums
