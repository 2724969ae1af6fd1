// SPDX-License-Identifier: GPL-2.0-only
#include "bench/bench_formats.h"
#include "bench/bench_save.h"

int bench_format_save(enum bench_format format,
		      const struct bench_result *result, const char *path,
		      struct why *why)
{
	static int (*const save[])(const struct bench_result *result,
				   const char *path, struct why *why) = {
#define FORMAT(name, letter, doc) bench_##name##_save,
#include "bench/bench_save.def"
#undef FORMAT
	};

	return save[format](result, path, why);
}
