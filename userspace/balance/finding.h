/* SPDX-License-Identifier: GPL-2.0-only */
/* The findings of a comparison of books, as plain data: see balance.h. */
#ifndef EXITLEDGER_FINDING_H
#define EXITLEDGER_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/answers.h"
#include "lib/exit_status.h"

enum verdict {
	VERDICT_BALANCED,
	VERDICT_DISCREPANCY,
	VERDICT_INCONCLUSIVE,
};

/* The rule that was broken, or the reason why nothing can be said. */
enum rule {
	RULE_KERNEL_LOW, /* K < S0: KVM lost exits */
	/* K > S1 + m: KVM counted something that is no exit. */
	RULE_KERNEL_HIGH,
	RULE_GUEST, /* the guest reports another answer than KVM gave */
	RULE_EXECUTED, /* K is not what the guest knows to have caused */
	RULE_TIME, /* KVM's time is less than the observer's */
	RULE_TIME_HIGH, /* KVM's time is more than has passed */
	/* KVM's or the observer's time is less than the VMM's part. */
	RULE_USER_TIME,
	RULE_REGISTERS, /* a register that carries nothing is not zero */
	RULE_UNDEFINED, /* a defined reason is answered as undefined, or v.v. */
	RULE_INFO, /* leaf INFO describes other leaves, or another host */
	RULE_HIDDEN, /* a leaf is not answered, and exit_stats_leaves is on */
	RULE_STATISTICS, /* KVM's own statistics have less or more than BPF */
	/* From here on, rules are the reasons why nothing can be said. */
	RULE_NO_READ, /* no guest read the counters */
	RULE_UNANSWERED, /* KVM answers no leaf: exit_stats_leaves is off */
	RULE_SWITCHED, /* the counters were off, or switched meanwhile */
	RULE_INCOMPLETE, /* the observer knows that it lost something */
	RULE_UNSEEN, /* the guest's report is not of a run that was seen */
	RULE_UNCOUNTED, /* the host had no memory for the counters */
	/* Only times were read, and KVM has dropped those of some exits. */
	RULE_GAPS,
	RULE_EMULATED, /* all reads were the instruction emulator's */
	RULE_LATE, /* attached late, and no earlier read to compare with */
	RULE_NO_COUNT, /* guests read, but no number of exits */
	RULE_UNREPORTED, /* the guest's report could not be read */
};

struct finding {
	enum rule rule;
	uint32_t leaf;
	uint32_t reason; /* if the leaf takes one */
	uint32_t vcpu_id; /* of the reader */
	bool host; /* the host is the reader */
	uint64_t vm;
	uint64_t at_ns;
	/* K; for RULE_GUEST and RULE_EXECUTED KVM's answer, exits or cycles. */
	uint64_t kernel;
	/*
	 * The bounds; both are the same where there is one right value.  For
	 * RULE_USER_TIME they are the VMM's part and BPF's time, for RULE_INFO
	 * EAX:EBX and ECX:EDX.
	 */
	uint64_t low, high;
	struct leaf_read said, answered; /* for RULE_GUEST: the registers */
};

/* So many findings are kept; further ones are only counted. */
#define BALANCE_FINDINGS 32

struct balance {
	enum verdict verdict;
	/*
	 * The first findings: discrepancies, and once judged the reason why
	 * nothing can be said.
	 */
	struct finding finding[BALANCE_FINDINGS];
	size_t nr; /* how many are in @finding */
	size_t discrepancies; /* how many there are in all */
	size_t checked; /* counts that were compared with their bounds */
	size_t exact; /* those of @checked whose bounds leave one value */
	size_t timed; /* times that were compared with the observer's */
	size_t unanswered; /* reads that KVM did not take for reads of a leaf */
	uint32_t unanswered_leaves; /* bit n: EXIT_LEAF_FIRST + n was one */
	size_t counts; /* counts that were read, first ones included */
	/*
	 * Times that by KVM's own word lack those of some exits; they are not
	 * judged.
	 */
	size_t gaps;
	/*
	 * Counts and times that by KVM's own word lack those of some vCPUs;
	 * they are not judged.
	 */
	size_t uncounted;
	uint64_t dropped; /* the most exits without a time that KVM told of */
	/* Answers to KVM's emulator, which have no exit of their own. */
	size_t unpaired;
	/* Reads that the guest reports, but that were not seen. */
	size_t unseen;
	/* Reads of the guest's reports that were compared with the answers. */
	size_t told;
	/* VMs whose statistics were compared with BPF's counts. */
	size_t statistics;
	/* Counts that were compared with the number that the guest caused. */
	size_t executed;
	bool incomplete; /* the observer lost something of a VM that is gone */
	size_t *match; /* report.read[i] is answers.answer[match[i]]; or NULL */
};

/** verdict_status - the exit status of a program that ends with this verdict */
enum exit_status verdict_status(enum verdict verdict);

/** verdict_name - "BALANCED", "DISCREPANCY" or "INCONCLUSIVE" */
const char *verdict_name(enum verdict verdict);

/** rule_name - a word for scripts, e.g. "kernel-low" */
const char *rule_name(enum rule rule);

/** rule_inconclusive - is the rule a reason why nothing can be said? */
bool rule_inconclusive(enum rule rule);

#endif /* EXITLEDGER_FINDING_H */
