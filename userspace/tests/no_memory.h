/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocations that fail, in a test program that includes this once: these
 * functions take the place of the C library's.
 */
#ifndef EXITLEDGER_TESTS_NO_MEMORY_H
#define EXITLEDGER_TESTS_NO_MEMORY_H

#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* How many allocations still succeed; -1: all. */
static int memory_left = -1;

static void *no_memory_take(void *old, size_t nr, size_t size)
{
	static void *(*real)(void *old, size_t size);

	if (!real)
		real = (void *(*)(void *, size_t))dlsym(RTLD_NEXT, "realloc");
	if (!memory_left || (size && nr > SIZE_MAX / size)) {
		errno = ENOMEM;
		return NULL;
	}
	if (memory_left > 0)
		memory_left--;
	return real(old, nr * size);
}

void *realloc(void *old, size_t size)
{
	return no_memory_take(old, 1, size);
}

void *reallocarray(void *old, size_t nr, size_t size)
{
	return no_memory_take(old, nr, size);
}

void *malloc(size_t size)
{
	return no_memory_take(NULL, 1, size);
}

void *calloc(size_t nr, size_t size)
{
	void *made = no_memory_take(NULL, nr, size);

	if (made)
		memset(made, 0, nr * size);
	return made;
}

/* What an expression is when only so many allocations succeed. */
#define WITH_MEMORY(left, expression)          \
	({                                     \
		__typeof__(expression) value_; \
                                               \
		memory_left = (left);          \
		value_ = (expression);         \
		memory_left = -1;              \
		value_;                        \
	})

#endif /* EXITLEDGER_TESTS_NO_MEMORY_H */
