/* SPDX-License-Identifier: GPL-2.0-only */
/* JSON that a report and a comparison have in common. */
#ifndef EXITLEDGER_RUN_JSON_H
#define EXITLEDGER_RUN_JSON_H

#include "lib/json_writer.h"
#include "report/run_report.h"

/**
 * run_json_run - write an object that describes a run: what was recorded, when,
 * where and how
 */
void run_json_run(struct json_writer *json, const char *name, const char *path,
		  const struct run_report *report);

/**
 * run_json_keys - get the kind of a run's keys; LEDGER_KEY_NONE if it is
 * unknown
 */
enum ledger_key_kind run_json_keys(const struct run_info *info);

#endif /* EXITLEDGER_RUN_JSON_H */
