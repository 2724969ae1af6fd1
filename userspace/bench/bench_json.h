/* SPDX-License-Identifier: GPL-2.0-only */
/* A benchmark to a file and back. */
#ifndef EXITLEDGER_BENCH_JSON_H
#define EXITLEDGER_BENCH_JSON_H

#include <jansson.h>

#include "bench/bench_result.h"
#include "lib/json_writer.h"
#include "lib/msg.h"

#define BENCH_FORMAT "exitledger-bench"
#define BENCH_FORMAT_VERSION 1

/** bench_json - an object of all that was measured, and of what that says */
void bench_json(struct json_writer *json, const struct bench_result *result);

/**
 * bench_json_parse - the measurements alone; what they say is worked out anew
 * @bench: zeroed; to be freed with bench_free in any case
 *
 * 0, or -EINVAL or -ENOMEM with @why.
 */
int bench_json_parse(const json_t *json, struct bench *bench, struct why *why);

/** bench_json_load - the same from a file; 0 or -errno with @why, which names
 * it */
int bench_json_load(const char *path, struct bench *bench, struct why *why);

#endif /* EXITLEDGER_BENCH_JSON_H */
