/* SPDX-License-Identifier: GPL-2.0-only */
/* JSON that a report and a comparison have in common. */
#ifndef EXITLEDGER_RUN_JSON_H
#define EXITLEDGER_RUN_JSON_H

#include "lib/json_writer.h"
#include "report/run_report.h"

/** run_json_run - an object: what was recorded, when, where, how, how much */
void run_json_run(struct json_writer *json, const char *name, const char *path,
		  const struct run_report *report);

/** run_json_reason - the members "reason", and "name" if it has one */
void run_json_reason(struct json_writer *json, uint32_t isa, uint32_t reason);

/** run_json_key - the members "key", and "key_name" if it has one */
void run_json_key(struct json_writer *json, const struct run_info *info,
		  uint64_t key);

/** run_json_lost - the object "lost": what could not be booked */
void run_json_lost(struct json_writer *json, const struct run_report *report);

#endif /* EXITLEDGER_RUN_JSON_H */
