/* SPDX-License-Identifier: GPL-2.0-only */
/* The file formats for a benchmark's result, as listed in bench_save.def. */
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
 * bench_format_save - write a file, which is replaced as a whole or not at all
 * @path: "-" for standard output
 *
 * Returns 0, or -errno with @why.
 */
int bench_format_save(enum bench_format format,
		      const struct bench_result *result, const char *path,
		      struct why *why);

#endif /* EXITLEDGER_BENCH_FORMATS_H */
