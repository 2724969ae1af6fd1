// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "ledger/isa.h"
#include "ledger/keys.h"
#include "ledger/render_losses.h"
#include "lib/array.h"
#include "report/run_advice.h"
#include "run/run_schema.h"
#include "run/run_words.h"

static int compare(const void *element, const void *key)
{
	const struct advise_vm *vm = element;
	const uint64_t *number = key;

	return vm->vm->number < *number ? -1 : vm->vm->number > *number;
}

static struct advise_vm *find(const struct advise_facts *facts, uint64_t number)
{
	const size_t at = array_lower_bound(&number, facts->vm, facts->nr,
					    sizeof(*facts->vm), compare);

	return at < facts->nr && facts->vm[at].vm->number == number ?
		       &facts->vm[at] :
		       NULL;
}

/* Set when each VM began and ended. */
static void set_times(const struct run_report *report,
		      struct advise_facts *facts)
{
	for (size_t i = 0; i < report->marks->nr; i++) {
		const struct run_mark *mark = &report->marks->mark[i];
		const double at = run_words_seconds(report->info, mark->at_ns);
		struct advise_vm *vm = find(facts, mark->vm);

		if (!vm || at > facts->seconds)
			continue;
		if (!strcmp(mark->kind, RUN_MARK_CREATED)) {
			vm->begin = at;
			vm->began = true;
		} else if (!strcmp(mark->kind, RUN_MARK_RUNNING)) {
			vm->begin = at;
		} else if (!strcmp(mark->kind, RUN_MARK_ENDED)) {
			vm->end = at;
		}
	}
}

static bool has_losses(const struct ledger *ledger)
{
	struct loss list[LOSSES_MAX];
	const size_t nr = render_losses_list(ledger, list);

	for (size_t i = 0; i < nr; i++) {
		if (list[i].count)
			return true;
	}
	return false;
}

static int add_vms(const struct run_report *report, const struct filter *filter,
		   struct advise_facts *facts)
{
	for (size_t i = 0; i < report->total.nr_vms; i++) {
		const struct ledger_vm *vm = &report->total.vm[i];

		facts->older += vm->number ? 0 : vm->older;
		if (vm->number && filter_has_vm(filter, vm) &&
		    !advise_facts_vm(facts, vm))
			return -ENOMEM;
	}
	return 0;
}

static int take_facts(const struct run_report *report,
		      const struct filter *filter, struct advise_facts *facts)
{
	const struct run_info *info = report->info;

	*facts = (struct advise_facts){
		.isa = info->isa,
		.seconds = report->seconds,
		.has = (info->count_only ? 0 : ADVISE_NEEDS_TIME) |
		       (info->off_cpu ? ADVISE_NEEDS_OFF_CPU : 0),
		.some_reasons = strstr(info->shown, "--reason "),
		.lost = has_losses(&report->total),
		.filter = filter,
		.course = &report->course,
	};
	if (info->by[0] && key_kind_parse(info->by, &facts->by))
		facts->by = LEDGER_KEY_NONE;
	if (add_vms(report, filter, facts))
		return -ENOMEM;
	set_times(report, facts);
	return 0;
}

int run_advice(const struct run_report *report, const struct filter *filter,
	       struct run_advice *advice)
{
	*advice = (struct run_advice){ .facts = { .nr = 0 } };
	if (take_facts(report, filter, &advice->facts))
		return -ENOMEM;
	/* A file may name a processor that does not exist. */
	return isa_find(report->info->isa) ?
		       advise(&advice->facts, &advice->advice, NULL) :
		       0;
}

void run_advice_free(struct run_advice *advice)
{
	advice_free(&advice->advice);
	advise_facts_free(&advice->facts);
}
