/* SPDX-License-Identifier: GPL-2.0-only */
/* The files that a benchmark's result can be written to: bench_save.def. */
#ifndef EXITLEDGER_BENCH_FORMATS_H
#define EXITLEDGER_BENCH_FORMATS_H

#include "bench/bench_result.h"
#include "lib/msg.h"

enum bench_format {
#define FORMAT(name, letter, doc) BENCH_FORMAT_##name,
#include "bench/bench_save.def"
#undef FORMAT
	NR_BENCH_FORMATS,
};

/**
 * bench_format_save - a file as a whole or not at all
 * @path: "-" for standard output
 *
 * 0, or -errno with @why.
 */
int bench_format_save(enum bench_format format,
		      const struct bench_result *result, const char *path,
		      struct why *why);

#endif /* EXITLEDGER_BENCH_FORMATS_H */
