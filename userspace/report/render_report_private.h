/* SPDX-License-Identifier: GPL-2.0-only */
/* Used only by the files that render reports. */
#ifndef EXITLEDGER_RENDER_REPORT_PRIVATE_H
#define EXITLEDGER_RENDER_REPORT_PRIVATE_H

#include "lib/json_writer.h"
#include "report/render_report.h"
#include "sample/columns.h"

/*
 * Write the first rows of the tables of VMs and of vCPUs, as text.  Both return
 * 0 or -ENOMEM.
 */
int render_report_vms(const struct run_report *report,
		      const struct filter *filter, FILE *out);
/*
 * Writes nothing if each VM has only one vCPU: these are in the table of VMs.
 */
int render_report_vcpus(const struct run_report *report,
			const struct filter *filter, FILE *out);

/** render_report_keys - write a group's keys, if there are any; sorts them */
void render_report_keys(const struct run_report *report,
			struct row_group *group, FILE *out);

/**
 * render_report_slows - write the slowest exits, if slow exits were recorded
 */
void render_report_slows(const struct run_report *report, FILE *out);

/** render_report_advice - write which rules found something; 0 or -ENOMEM */
int render_report_advice(const struct run_report *report,
			 const struct filter *filter, FILE *out);

/** report_time - the bits of NEEDS_TIME that were recorded */
unsigned int report_time(const struct run_report *report);

/* Members of the JSON. */
int report_json_vms(struct json_writer *json, const struct run_report *report,
		    const struct filter *filter);
int report_json_vcpus(struct json_writer *json, const struct run_report *report,
		      const struct filter *filter);
void report_json_keys(struct json_writer *json, const struct run_report *report,
		      const struct row_group *group);
void report_json_slows(struct json_writer *json,
		       const struct run_report *report);
int report_json_advice(struct json_writer *json,
		       const struct run_report *report,
		       const struct filter *filter);

#endif /* EXITLEDGER_RENDER_REPORT_PRIVATE_H */
