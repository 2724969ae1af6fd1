/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes a benchmark as JSON, and reads it back. */
#ifndef EXITLEDGER_BENCH_JSON_H
#define EXITLEDGER_BENCH_JSON_H

#include <jansson.h>

#include "bench/bench_result.h"
#include "lib/json_writer.h"
#include "lib/msg.h"

#define BENCH_FORMAT "exitledger-bench"
#define BENCH_FORMAT_VERSION 1

/** bench_json - write an object with all measurements and results */
void bench_json(struct json_writer *json, const struct bench_result *result);

/**
 * bench_json_parse - read the measurements; the results are not read
 * @bench: must be zeroed; free it with bench_free(), even after a failure
 *
 * Returns 0, or -EINVAL or -ENOMEM with @why.
 */
int bench_json_parse(const json_t *json, struct bench *bench, struct why *why);

/**
 * bench_json_load - read the measurements from a file
 *
 * Returns 0, or -errno with @why, which names the file.
 */
int bench_json_load(const char *path, struct bench *bench, struct why *why);

#endif /* EXITLEDGER_BENCH_JSON_H */
