// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest chooses how many ports or MSRs it uses, but must not be able to
 * create an unlimited number of series.  The most used of a VM's first keys get
 * a series each and keep it; all others are summed by reason, so that no exit
 * is missing.
 */
#include <errno.h>
#include <stdlib.h>

#include "export/export_book_private.h"
#include "lib/array.h"

static int compare_keys(const void *element, const void *key)
{
	const struct export_key *a = element, *b = key;
	int r = export_reason_compare(a->reason, b->reason);

	if (r || a->other != b->other)
		return r ? r : a->other - b->other;
	return a->key < b->key ? -1 : a->key > b->key;
}

/*
 * Find a key; if it is missing and @add is set, insert it.  Returns NULL if it
 * was not found, or when out of memory.
 */
static struct export_key *find_key(struct export_keys *keys,
				   const struct export_key *key, bool add)
{
	size_t at = array_lower_bound(key, keys->key, keys->nr,
				      sizeof(*keys->key), compare_keys);
	struct export_key *found;

	if (at < keys->nr && !compare_keys(&keys->key[at], key))
		return &keys->key[at];
	if (!add)
		return NULL;
	found = array_insert(keys->key, keys->nr, keys->room, at);
	if (found) {
		*found = *key;
		found->exits = 0;
	}
	return found;
}

static int by_exits(const void *a, const void *b)
{
	const struct export_key *x = a, *y = b;

	if (x->exits != y->exits)
		return x->exits > y->exits ? -1 : 1;
	return compare_keys(x, y);
}

/*
 * Give series to the new keys, the most used first, until EXPORT_KEYS are
 * taken; the other new keys are added to the sums.
 */
static int place_fresh(struct export_book *book, struct export_vm *vm,
		       struct export_keys *fresh)
{
	if (fresh->nr)
		qsort(fresh->key, fresh->nr, sizeof(*fresh->key), by_exits);
	for (size_t i = 0; i < fresh->nr; i++) {
		struct export_key key = fresh->key[i], *place;

		if (vm == book->other || vm->own_keys == EXPORT_KEYS) {
			key.other = true;
			key.key = 0;
		} else {
			vm->own_keys++;
		}
		place = find_key(&vm->keys, &key, true);
		if (!place)
			return -ENOMEM;
		place->exits += key.exits;
	}
	return 0;
}

static int add_key(struct export_book *book, struct export_vm *vm,
		   struct export_keys *fresh, uint32_t isa,
		   const struct ledger_key *more)
{
	struct export_key key = { .key = more->key,
				  .since_ns = export_book_began(book) };
	struct export_key *found;

	key.reason = export_book_reason(book, isa, more->reason);
	if (!key.reason)
		return -ENOMEM;
	found = find_key(&vm->keys, &key, false);
	if (!found)
		found = find_key(fresh, &key, true);
	if (!found)
		return -ENOMEM;
	found->exits += more->times.exits;
	return 0;
}

static int add_vcpu(struct export_book *book, struct export_vm *vm,
		    struct export_keys *fresh, uint32_t isa,
		    const struct ledger_vcpu *vcpu)
{
	for (size_t i = 0; i < vcpu->keys.nr; i++) {
		const struct ledger_key *key = &vcpu->keys.key[i];

		if (key->times.exits &&
		    export_book_has_reason(book, key->reason) &&
		    add_key(book, vm, fresh, isa, key))
			return -ENOMEM;
	}
	return 0;
}

int export_book_add_keys(struct export_book *book, struct export_vm *vm,
			 const struct ledger_vm *from)
{
	struct export_keys fresh = { .key = NULL };
	int r = 0;

	for (size_t i = 0; i < from->nr_vcpus && !r; i++) {
		if (export_book_has_vcpu(book, from->vcpu[i].id))
			r = add_vcpu(book, vm, &fresh, from->isa,
				     &from->vcpu[i]);
	}
	if (!r)
		r = place_fresh(book, vm, &fresh);
	free(fresh.key);
	return r;
}
