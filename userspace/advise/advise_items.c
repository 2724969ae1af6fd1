// SPDX-License-Identifier: GPL-2.0-only
#include "advise/advise_items.h"

/* The items with the highest weights so far. */
struct heaviest {
	const struct advise_rule *rule;
	double seconds;
	struct advise_item *item;
	size_t nr;
};

/* The weight of an item, by the property that the rule is about. */
static double weight(const struct heaviest *heaviest,
		     const struct advise_item *item)
{
	return advise_measure(heaviest->rule->bound[0].measure, &item->times,
			      heaviest->seconds);
}

/* Insert an item if it is among the heaviest. */
static void offer(struct heaviest *heaviest, const struct advise_item *item)
{
	size_t at = heaviest->nr;

	if (!(weight(heaviest, item) > 0))
		return;
	while (at && weight(heaviest, item) >
			     weight(heaviest, &heaviest->item[at - 1]))
		at--;
	if (at == ADVISE_ITEMS)
		return;
	heaviest->nr += heaviest->nr < ADVISE_ITEMS;
	for (size_t i = heaviest->nr - 1; i > at; i--)
		heaviest->item[i] = heaviest->item[i - 1];
	heaviest->item[at] = *item;
}

static void offer_keys(struct heaviest *heaviest, const struct advise_set *set,
		       const struct ledger_keys *keys)
{
	for (size_t i = 0; i < keys->nr; i++) {
		const struct advise_item item = {
			.is_key = true,
			.reason = keys->key[i].reason,
			.key = keys->key[i].key,
			.times = keys->key[i].times,
		};

		if (advise_set_has(set, item.reason) &&
		    (!set->by || advise_set_has_key(set, item.key)))
			offer(heaviest, &item);
	}
}

static void offer_reasons(struct heaviest *heaviest,
			  const struct advise_set *set,
			  const struct ledger_cells *cells)
{
	for (size_t i = 0; i < cells->nr; i++) {
		const struct advise_item item = {
			.reason = cells->cell[i].reason,
			.times = cells->cell[i].times,
		};

		if (advise_set_has(set, item.reason))
			offer(heaviest, &item);
	}
}

size_t advise_items(const struct advice *advice,
		    const struct advise_verdict *verdict,
		    const struct advise_finding *finding,
		    struct advise_item item[ADVISE_ITEMS])
{
	const struct advise_set *set = &verdict->set;
	struct heaviest heaviest = {
		.rule = verdict->rule,
		.seconds = finding->vm->end - finding->vm->begin,
		.item = item,
	};

	if (advice->facts->by && !set->all)
		offer_keys(&heaviest, set, &finding->vcpu->keys);
	if (!heaviest.nr && !set->by && (set->all || set->nr > 1))
		offer_reasons(&heaviest, set, &finding->vcpu->cells);
	return heaviest.nr;
}
