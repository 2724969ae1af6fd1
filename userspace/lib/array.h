/* SPDX-License-Identifier: GPL-2.0-only */
/* Arrays that grow, and a search in sorted arrays. */
#ifndef EXITLEDGER_ARRAY_H
#define EXITLEDGER_ARRAY_H

#include <stddef.h>

/**
 * array_insert - insert a zeroed element into an array
 * @array: an lvalue: the array's pointer, NULL if it is empty
 * @nr, @room: lvalues: the number of elements, and how many fit into the memory
 *	that is allocated
 * @at: the new element's index, at most @nr
 *
 * Returns the element, or NULL when out of memory; the array is then unchanged.
 * Pointers to other elements are invalid afterwards, as these may have moved.
 */
#define array_insert(array, nr, room, at)                         \
	((typeof(array))array_make_room(&(array), &(nr), &(room), \
					sizeof(*(array)), (at)))

/** array_append - append a zeroed element, as array_insert() does at @nr */
#define array_append(array, nr, room) array_insert(array, nr, room, (nr))

/**
 * array_make_room - implements array_insert(); use that macro instead
 * @array: the address of the array's pointer
 * @size: the size of an element in bytes
 */
void *array_make_room(void *array, size_t *nr, size_t *room, size_t size,
		      size_t at);

/**
 * array_lower_bound - search in an array that is sorted in ascending order
 * @size: the size of an element in bytes
 * @compare: returns less than 0 if the element is below the key; else 0 or more
 *
 * Returns the index of the first element that is not below the key, or @nr.
 * It is inline, so that the compiler can inline @compare as well.
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
