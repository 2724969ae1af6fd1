/* SPDX-License-Identifier: GPL-2.0-only */
/* The findings of a comparison of books: see balance.h. */
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

/* The rule that was broken, or the reason for an inconclusive verdict. */
enum rule {
	RULE_KERNEL_LOW, /* K < S0: KVM lost exits */
	/* K > S1 + m: KVM counted something that is not an exit. */
	RULE_KERNEL_HIGH,
	RULE_GUEST, /* the guest reports another answer than KVM gave */
	RULE_EXECUTED, /* K is not what the guest knows to have caused */
	RULE_TIME, /* KVM's time is less than the observer's */
	RULE_TIME_HIGH, /* KVM's time is more than has passed */
	/* KVM's or the observer's time is less than the VMM's part. */
	RULE_USER_TIME,
	RULE_REGISTERS, /* a register that must be zero is not */
	/* a defined reason is answered as undefined, or the reverse */
	RULE_UNDEFINED,
	RULE_INFO, /* leaf INFO describes other leaves, or another host */
	RULE_HIDDEN, /* a leaf is not answered although exit_stats_leaves is on */
	RULE_STATISTICS, /* KVM's own statistics have less or more than BPF */
	/* The rules from here on are reasons for an inconclusive verdict. */
	RULE_NO_READ, /* no guest read the counters */
	RULE_UNANSWERED, /* KVM answers no leaf: exit_stats_leaves is off */
	RULE_SWITCHED, /* the counters were off for some time, or changed */
	RULE_INCOMPLETE, /* the observer knows that it lost something */
	RULE_UNSEEN, /* a guest reports reads that were not seen */
	RULE_UNCOUNTED, /* the host had no memory for the counters */
	/* Only times were read, and KVM has dropped the times of some exits. */
	RULE_GAPS,
	RULE_EMULATED, /* the instruction emulator made all reads */
	RULE_LATE, /* attached late, and no earlier read to compare with */
	RULE_NO_COUNT, /* guests read, but never a number of exits */
	RULE_UNREPORTED, /* the guest's report could not be read */
};

struct finding {
	enum rule rule;
	uint32_t leaf;
	uint32_t reason; /* if the leaf has an index */
	uint32_t vcpu_id; /* of the reader */
	bool host; /* true if the host is the reader */
	uint64_t vm;
	uint64_t at_ns;
	/* K; for RULE_GUEST and RULE_EXECUTED the number in KVM's answer. */
	uint64_t kernel;
	/*
	 * The bounds.  If only one value is correct, both are equal.  For
	 * RULE_USER_TIME they are the VMM's time and BPF's time, for RULE_INFO
	 * EAX:EBX and ECX:EDX.
	 */
	uint64_t low, high;
	struct leaf_read said, answered; /* for RULE_GUEST: the registers */
};

/* The number of findings that are kept; further ones are only counted. */
#define BALANCE_FINDINGS 32

struct balance {
	enum verdict verdict;
	/*
	 * The first findings: discrepancies, or the reason for an inconclusive
	 * verdict.
	 */
	struct finding finding[BALANCE_FINDINGS];
	size_t nr; /* the number of elements in @finding */
	size_t discrepancies; /* the number of all discrepancies */
	size_t checked; /* counts that were compared with their bounds */
	size_t exact; /* those of @checked whose two bounds are equal */
	size_t timed; /* times that were compared with the observer's */
	size_t unanswered; /* reads that KVM did not answer */
	uint32_t unanswered_leaves; /* bit n: leaf EXIT_LEAF_FIRST + n */
	size_t counts; /* counts that were read, including first ones */
	/*
	 * Times that are not judged, because KVM reports that the times of some
	 * exits are missing.
	 */
	size_t gaps;
	/*
	 * Counts and times that are not judged, because KVM reports that some
	 * vCPUs are missing.
	 */
	size_t uncounted;
	uint64_t dropped; /* the largest number of dropped exits in an answer */
	/* Answers to KVM's instruction emulator, without an exit. */
	size_t unpaired;
	/* Reports of guests for which no matching answers were seen. */
	size_t unseen;
	/* Reads of the guest's reports that were compared with the answers. */
	size_t told;
	/* VMs whose statistics were compared with BPF's counts. */
	size_t statistics;
	/* Counts that were compared with what the guest caused. */
	size_t executed;
	bool incomplete; /* true if events of a VM that has ended were lost */
	/*
	 * answers.answer[match[i]] is the answer to report.read[i]; NULL: no
	 * answers match the report
	 */
	size_t *match;
};

/** verdict_status - the exit status for this verdict */
enum exit_status verdict_status(enum verdict verdict);

/** verdict_name - "BALANCED", "DISCREPANCY" or "INCONCLUSIVE" */
const char *verdict_name(enum verdict verdict);

/** rule_name - a word for scripts, such as "kernel-low" */
const char *rule_name(enum rule rule);

/** rule_inconclusive - is the rule a reason for an inconclusive verdict? */
bool rule_inconclusive(enum rule rule);

#endif /* EXITLEDGER_FINDING_H */
