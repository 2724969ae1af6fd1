// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"

/* The number of elements in the first allocation. */
#define FIRST 8

void *array_make_room(void *array, size_t *nr, size_t *room, size_t size,
		      size_t at)
{
	char *elements, *moved, *slot;

	/* A T ** must not be accessed as a void **: copy the pointer. */
	memcpy(&elements, array, sizeof(elements));
	if (*nr == *room) {
		size_t more = *room ? 2 * *room : FIRST;

		moved = reallocarray(elements, more, size);
		if (!moved)
			return NULL;
		elements = moved;
		memcpy(array, &elements, sizeof(elements));
		*room = more;
	}
	slot = elements + at * size;
	memmove(slot + size, slot, (*nr - at) * size);
	memset(slot, 0, size);
	(*nr)++;
	return slot;
}
