/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lets allocations fail in a test program.  One of its files includes this
 * header, and the linker (NO_MEMORY in userspace.mk) makes our objects call the
 * functions below.  Libraries still call the C library's functions.
 */
#ifndef EXITLEDGER_TESTS_NO_MEMORY_H
#define EXITLEDGER_TESTS_NO_MEMORY_H

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

/*
 * How many allocations succeed before one that fails; -1: none fails.  Later
 * allocations succeed again.  So if the code ignores the failure, it returns no
 * error, and the test notices that.
 */
static int memory_left = -1;

void *__real_malloc(size_t size);
void *__real_calloc(size_t nr, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t nr, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t nr, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t nr, size_t size);

static inline bool memory_is_left(void)
{
	if (!memory_left) {
		memory_left = -1;
		errno = ENOMEM;
		return false;
	}
	if (memory_left > 0)
		memory_left--;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return memory_is_left() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t nr, size_t size)
{
	return memory_is_left() ? __real_calloc(nr, size) : NULL;
}

void *__wrap_realloc(void *old, size_t size)
{
	return memory_is_left() ? __real_realloc(old, size) : NULL;
}

void *__wrap_reallocarray(void *old, size_t nr, size_t size)
{
	return memory_is_left() ? __real_reallocarray(old, nr, size) : NULL;
}

/* The value of an expression while an allocation fails after @left others have
 * succeeded. */
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
