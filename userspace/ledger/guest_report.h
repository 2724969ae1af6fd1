/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The report in which a program in the guest lists the counts that KVM told it:
 * exitledger-guest-report(5).
 */
#ifndef EXITLEDGER_GUEST_REPORT_H
#define EXITLEDGER_GUEST_REPORT_H

#include <jansson.h>

#include "ledger/answers.h"
#include "lib/json_writer.h"
#include "lib/msg.h"

/*
 * The largest size of a report in bytes.  A guest wrote it, so it needs a
 * limit.
 */
#define GUEST_REPORT_SIZE (16 << 20)

struct guest_read {
	struct leaf_read read;
	bool has_executed;
	uint64_t executed; /* exits that the guest knows to have caused */
	bool has_userspace;
	uint64_t userspace; /* TSC cycles that its VMM knows to have used */
};

struct guest_report {
	char program[32];
	uint32_t isa; /* EXIT_LEAF_ISA_*; 0: unknown */
	bool has_statistics;
	uint64_t statistics; /* exits in KVM's own statistics when the VM ended */
	struct guest_read *read; /* in the order in which they were made */
	size_t nr;
};

/**
 * guest_report_parse - convert parsed JSON to a report
 *
 * Returns 0; or -errno, with @why filled in and @report empty.
 */
int guest_report_parse(const json_t *json, struct guest_report *report,
		       struct why *why);

/* The reports of several guests, or several reports of one guest. */
struct guest_reports {
	/* In the order in which they were printed. */
	struct guest_report *report;
	size_t nr;
	/*
	 * The number of reports that were cut off or mixed up, and so are left
	 * out.
	 */
	size_t damaged;
};

/**
 * guest_reports_load - read all reports in a file
 * @path: "-" for standard input
 *
 * Reports often come over a serial line, so other text around them, even with
 * braces, is ignored.  Returns 0; -EINVAL if there is no report; or another
 * -errno.  After an error, @why is filled in and @reports is empty.
 */
int guest_reports_load(const char *path, struct guest_reports *reports,
		       struct why *why);

/** guest_reports_text - read all reports in a text; @path is for messages */
int guest_reports_text(const char *text, size_t length, const char *path,
		       struct guest_reports *reports, struct why *why);

void guest_reports_free(struct guest_reports *reports);

/** guest_report_load - read a file that must have exactly one report */
int guest_report_load(const char *path, struct guest_report *report,
		      struct why *why);

/** guest_report_json - write a report as an object, or as a member of one */
void guest_report_json(struct json_writer *json, const char *name,
		       const struct guest_report *report);

void guest_report_free(struct guest_report *report);

#endif /* EXITLEDGER_GUEST_REPORT_H */
