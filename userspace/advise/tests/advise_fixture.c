// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "advise/tests/advise_fixture.h"
#include "tests/made_up.h"

static const struct filter all;

static bool is_now(const struct fixture_exits *exits, unsigned int second)
{
	return !exits->to || (second >= exits->from && second < exits->to);
}

static void add(struct ledger *ledger, uint32_t isa,
		const struct fixture_exits *exits)
{
	const uint64_t number = exits->vm ? exits->vm : 1;
	struct ledger_cell *cell;
	struct ledger_vm *vm;

	made_up_time(ledger, number, exits->vcpu, exits->reason, exits->ns,
		     exits->rate);
	vm = ledger_find_vm(ledger, number);
	vm->isa = isa;
	cell = ledger_cell(&ledger_find_vcpu(vm, exits->vcpu)->cells,
			   exits->reason);
	cell->times.preempted_ns += exits->rate * exits->preempted_ns;
	cell->times.blocked_ns += exits->rate * exits->blocked_ns;
	if (exits->key)
		made_up_key(ledger, number, exits->vcpu, exits->reason,
			    exits->key, exits->ns, exits->rate);
}

static void add_vms(struct fixture *fixture)
{
	for (size_t i = 0; i < fixture->total.nr_vms; i++) {
		if (!advise_facts_vm(&fixture->facts, &fixture->total.vm[i]))
			abort();
	}
}

void fixture_make(struct fixture *fixture, uint32_t isa,
		  const struct fixture_exits *exits, size_t nr)
{
	memset(fixture, 0, sizeof(*fixture));
	for (unsigned int second = 0; second < FIXTURE_SECONDS; second++) {
		struct ledger now = { .ns = second };

		for (size_t i = 0; i < nr; i++) {
			if (is_now(&exits[i], second))
				add(&now, isa, &exits[i]);
		}
		if (ledger_add(&fixture->total, &now) ||
		    advise_course_add(&fixture->course, &now, &all, 1))
			abort();
		ledger_free(&now);
	}
	fixture->facts = (struct advise_facts){
		.isa = isa,
		.seconds = FIXTURE_SECONDS,
		.has = ADVISE_NEEDS_TIME | ADVISE_NEEDS_OFF_CPU,
		.filter = &all,
		.course = &fixture->course,
	};
	add_vms(fixture);
}

void fixture_advise(struct fixture *fixture)
{
	struct why why = { "" };

	advice_free(&fixture->advice);
	if (advise(&fixture->facts, &fixture->advice, &why)) {
		fprintf(stderr, "advise: %s\n", why.text);
		abort();
	}
}

const struct advise_verdict *fixture_verdict(const struct fixture *fixture,
					     const char *id)
{
	for (size_t i = 0; i < fixture->advice.nr; i++) {
		if (!strcmp(fixture->advice.verdict[i].rule->id, id))
			return &fixture->advice.verdict[i];
	}
	return NULL;
}

void fixture_free(struct fixture *fixture)
{
	advice_free(&fixture->advice);
	advise_facts_free(&fixture->facts);
	advise_course_free(&fixture->course);
	ledger_free(&fixture->total);
}
