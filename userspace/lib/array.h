/* SPDX-License-Identifier: GPL-2.0-only */
/* Arrays that grow, and searches in sorted ones. */
#ifndef EXITLEDGER_ARRAY_H
#define EXITLEDGER_ARRAY_H

#include <stddef.h>

/**
 * array_insert - make a zeroed element in an array
 * @array: an lvalue: the array's pointer, NULL if it is empty
 * @nr, @room: lvalues: how many elements it has, and has memory for
 * @at: the new element's index, at most @nr
 *
 * Returns the element, or NULL when out of memory: nothing is changed then.
 * Other elements may have moved.
 */
#define array_insert(array, nr, room, at)                         \
	((typeof(array))array_make_room(&(array), &(nr), &(room), \
					sizeof(*(array)), (at)))

/** array_append - the same at the array's end */
#define array_append(array, nr, room) array_insert(array, nr, room, (nr))

/** array_make_room - what array_insert() is made of; @array: of its pointer */
void *array_make_room(void *array, size_t *nr, size_t *room, size_t size,
		      size_t at);

/**
 * array_lower_bound - search in an array that ascends
 * @size: of an element
 * @compare: less than 0, 0, or more: as the element is below the key, or not
 *
 * Returns the index of the first element that is not below the key, or @nr.
 * Inline, so that @compare is no call.
 */
static inline __attribute__((always_inline)) size_t
array_lower_bound(const void *key, const void *array, size_t nr, size_t size,
		  int (*compare)(const void *element, const void *key))
{
	size_t low = 0, high = nr;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (compare((const char *)array + mid * size, key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

#endif /* EXITLEDGER_ARRAY_H */
