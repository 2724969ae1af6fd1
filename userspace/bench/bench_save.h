/* SPDX-License-Identifier: GPL-2.0-only */
/* The functions that write the files of bench_save.def. */
#ifndef EXITLEDGER_BENCH_SAVE_H
#define EXITLEDGER_BENCH_SAVE_H

#include "bench/bench_result.h"
#include "lib/msg.h"

/*
 * Each function replaces the file as a whole, or not at all.  @path is "-" for
 * standard output.  Returns 0, or -errno with @why.
 */
#define FORMAT(name, letter, doc)                                  \
	int bench_##name##_save(const struct bench_result *result, \
				const char *path, struct why *why);
#include "bench/bench_save.def"
#undef FORMAT

#endif /* EXITLEDGER_BENCH_SAVE_H */
