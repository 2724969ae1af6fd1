/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The report of a program in the guest on the counts that it was told:
 * exitledger-guest-report(5).
 */
#ifndef EXITLEDGER_GUEST_REPORT_H
#define EXITLEDGER_GUEST_REPORT_H

#include <jansson.h>

#include "ledger/answers.h"
#include "lib/json_writer.h"
#include "lib/msg.h"

/*
 * The most bytes of a report.  It comes from a guest, so there must be a bound.
 */
#define GUEST_REPORT_SIZE (16 << 20)

struct guest_read {
	struct leaf_read read;
	bool has_executed;
	uint64_t executed; /* exits that the guest knows that it caused */
	bool has_userspace;
	uint64_t userspace; /* TSC cycles that its VMM knows that it took */
};

struct guest_report {
	char program[32];
	uint32_t isa; /* EXIT_LEAF_ISA_*; 0: not said */
	bool has_statistics;
	uint64_t statistics; /* exits, by KVM's own statistics at its VM's end */
	struct guest_read *read; /* in the order made */
	size_t nr;
};

/**
 * guest_report_parse - take a report out of parsed JSON
 *
 * Returns 0; or -errno, with @why filled in and @report empty.
 */
int guest_report_parse(const json_t *json, struct guest_report *report,
		       struct why *why);

/*
 * The reports of one guest after the other, or of one that reads several times.
 */
struct guest_reports {
	/* In the order in which they were printed. */
	struct guest_report *report;
	size_t nr;
	/*
	 * Reports that began, but were cut off or mixed up, and are left out.
	 */
	size_t damaged;
};

/**
 * guest_reports_load - read all reports in a file
 * @path: "-" for standard input
 *
 * A report often comes over a serial line, so that text around it, braces
 * included, is ignored.  Returns 0; -EINVAL if there is no report, or another
 * -errno, with @why filled in and @reports empty.
 */
int guest_reports_load(const char *path, struct guest_reports *reports,
		       struct why *why);

/** guest_reports_text - the same from text that came from @path */
int guest_reports_text(const char *text, size_t length, const char *path,
		       struct guest_reports *reports, struct why *why);

void guest_reports_free(struct guest_reports *reports);

/** guest_report_load - the same for a file that must have exactly one report */
int guest_report_load(const char *path, struct guest_report *report,
		      struct why *why);

/** guest_report_json - the report as an object, or as a member of one */
void guest_report_json(struct json_writer *json, const char *name,
		       const struct guest_report *report);

void guest_report_free(struct guest_report *report);

#endif /* EXITLEDGER_GUEST_REPORT_H */
