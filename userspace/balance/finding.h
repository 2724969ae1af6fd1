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
	RULE_KERNEL_HIGH, /* K > S1 + m: KVM counts what was no exit */
	RULE_GUEST, /* the guest was told something else than it says */
	RULE_EXECUTED, /* K is not what the guest knows to have caused */
	RULE_TIME, /* KVM's time is less than the observer's */
	RULE_TIME_HIGH, /* KVM's time is more than has passed */
	RULE_USER_TIME, /* KVM's or the observer's is less than the VMM's part */
	RULE_REGISTERS, /* what carries nothing is not zero */
	RULE_UNDEFINED, /* a defined reason is answered as undefined, or v.v. */
	RULE_INFO, /* leaf INFO tells of other leaves, or of another host */
	RULE_HIDDEN, /* a leaf is not answered, and exit_stats_leaves is on */
	RULE_STATISTICS, /* KVM's own statistics have less or more than BPF */
	/* From here on: why nothing can be said. */
	RULE_NO_READ, /* no guest read the counters */
	RULE_UNANSWERED, /* KVM answers no leaf: exit_stats_leaves is off */
	RULE_SWITCHED, /* the counters were off, or switched meanwhile */
	RULE_INCOMPLETE, /* the observer knows that it lost something */
	RULE_UNSEEN, /* the guest's report is not of a run that was seen */
	RULE_UNCOUNTED, /* the host had no memory for the counters */
	RULE_GAPS, /* only times were read, and KVM dropped that of some exits */
	RULE_EMULATED, /* all reads were the instruction emulator's */
	RULE_LATE, /* attached late, and nothing to be relative to */
	RULE_NO_COUNT, /* guests read, but no number of exits */
	RULE_UNREPORTED, /* the guest's report could not be read */
};

struct finding {
	enum rule rule;
	uint32_t leaf;
	uint32_t reason; /* where the leaf takes one */
	uint32_t vcpu_id; /* of the reader */
	bool host; /* the host is the reader */
	uint64_t vm;
	uint64_t at_ns;
	uint64_t kernel; /* K; RULE_GUEST, RULE_EXECUTED: KVM's answer, exits
			    or cycles */
	uint64_t low, high; /* the bound, or what it should be (both);
			       RULE_USER_TIME: the VMM's part, and BPF's time;
			       RULE_INFO: EAX:EBX and ECX:EDX */
	struct leaf_read said, answered; /* RULE_GUEST: the registers */
};

/* Kept in full; what is beyond is counted. */
#define BALANCE_FINDINGS 32

struct balance {
	enum verdict verdict;
	struct finding finding[BALANCE_FINDINGS]; /* the first ones: of what is
						     wrong, and when judged
						     why nothing can be said */
	size_t nr; /* in @finding */
	size_t discrepancies; /* all there are */
	size_t checked; /* counts held against the bound */
	size_t exact; /* of these, with a bound that leaves one value */
	size_t timed; /* times held against the observer's */
	size_t unanswered; /* reads that KVM took for those of no leaf */
	uint32_t unanswered_leaves; /* bit n: EXIT_LEAF_FIRST + n was one */
	size_t counts; /* counts that were read, also those that come first */
	size_t gaps; /* times without those of some exits, as KVM says: not
			judged */
	size_t uncounted; /* counts and times without those of some vCPUs, as
			     KVM says: not judged */
	uint64_t dropped; /* the most exits without a time that KVM told of */
	size_t unpaired; /* answers to the emulator: no exit of their own */
	size_t unseen; /* guest's reports of reads that were not seen */
	size_t told; /* guest's reads held against the answers */
	size_t statistics; /* VMs whose statistics were held against BPF */
	size_t executed; /* counts held against the guest's own truth */
	bool incomplete; /* the observer lost something of a VM that is gone */
	size_t *match; /* report.read[i] is answers.answer[match[i]]; or NULL */
};

/** verdict_status - the exit status of whoever ends with this verdict */
enum exit_status verdict_status(enum verdict verdict);

/** verdict_name - "BALANCED", "DISCREPANCY" or "INCONCLUSIVE" */
const char *verdict_name(enum verdict verdict);

/** rule_name - a word for scripts, e.g. "kernel-low" */
const char *rule_name(enum rule rule);

/** rule_inconclusive - does it only say why nothing can be said? */
bool rule_inconclusive(enum rule rule);

#endif /* EXITLEDGER_FINDING_H */
