// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "advise/advice.h"
#include "lib/array.h"

struct advise_vm *advise_facts_vm(struct advise_facts *facts,
				  const struct ledger_vm *vm)
{
	struct advise_vm *added =
		array_append(facts->vm, facts->nr, facts->room);

	if (added)
		*added = (struct advise_vm){ .vm = vm, .end = facts->seconds };
	return added;
}

void advise_facts_free(struct advise_facts *facts)
{
	free(facts->vm);
	memset(facts, 0, sizeof(*facts));
}

static double seen_for(const struct advise_vm *vm)
{
	return vm->end - vm->begin;
}

static bool is_judged(const struct advise_vm *vm)
{
	return seen_for(vm) >= ADVISE_SECONDS_MIN;
}

/* The exits of a VM's vCPUs that a rule covers, in one part of the time. */
static struct exit_times part_times(const struct advise_set *set,
				    const struct advise_line *line, size_t nr,
				    size_t part)
{
	struct exit_times times = { .exits = 0 };

	for (size_t i = 0; i < nr; i++) {
		if (advise_set_has(set, line[i].reason))
			exit_times_add(&times, &line[i].part[part]);
	}
	return times;
}

/* Did a VM exist for most of the part of the time that began at @begin? */
static bool is_in(const struct advise_vm *vm, double begin, double seconds)
{
	const double from = vm->begin > begin ? vm->begin : begin;
	const double to = vm->end < begin + seconds ? vm->end : begin + seconds;

	return to - from > seconds / 2;
}

/*
 * Count the parts of the time in which the first bound holds.  The course has
 * neither vCPUs nor keys, so the bound is applied to the sum of a VM's vCPUs
 * and of all keys.
 */
static void count_parts(const struct advise_facts *facts,
			const struct advise_verdict *verdict,
			struct advise_finding *finding)
{
	const struct advise_course *course = facts->course;
	const struct advise_bound *bound = &verdict->rule->bound[0];
	const struct advise_line *line;
	double begin = 0;
	size_t nr;

	line = advise_course_lines(course, finding->vm->vm->number, &nr);
	for (size_t i = 0; i < course->nr; i++) {
		const double seconds = course->seconds[i];
		const struct exit_times times =
			part_times(&verdict->set, line, nr, i);

		if (is_in(finding->vm, begin, seconds)) {
			finding->parts++;
			finding->met += advise_measure(bound->measure, &times,
						       seconds) >= bound->least;
		}
		begin += seconds;
	}
	if (finding->parts < ADVISE_PARTS_MIN)
		finding->parts = finding->met = 0;
}

/* Do all bounds hold for the vCPU?  Sets the finding's values. */
static bool holds(const struct advise_rule *rule, double seconds,
		  struct advise_finding *finding)
{
	bool all = true;

	for (size_t i = 0; i < ADVISE_BOUNDS; i++) {
		const struct advise_bound *bound = &rule->bound[i];

		if (!bound->measure)
			continue;
		finding->value[i] = advise_measure(bound->measure,
						   &finding->times, seconds);
		all &= advise_bound_holds(bound, finding->value[i]);
	}
	return all && finding->times.exits;
}

/*
 * Find the vCPU with the highest value among those for which the rule holds;
 * false: it holds for none.
 */
static bool find_vcpu(const struct advise_facts *facts,
		      const struct advise_verdict *verdict,
		      const struct advise_vm *vm,
		      struct advise_finding *finding)
{
	*finding = (struct advise_finding){ .vm = vm };
	for (size_t i = 0; i < vm->vm->nr_vcpus; i++) {
		const struct ledger_vcpu *vcpu = &vm->vm->vcpu[i];
		struct advise_finding one = { .vm = vm, .vcpu = vcpu };

		if (!filter_has_number(&facts->filter->vcpus, vcpu->id))
			continue;
		advise_set_add(&verdict->set, vcpu, &one.times);
		if (!holds(verdict->rule, seen_for(vm), &one))
			continue;
		one.vcpus = finding->vcpus + 1;
		if (!finding->vcpu || one.value[0] > finding->value[0])
			*finding = one;
		finding->vcpus = one.vcpus;
	}
	return finding->vcpu;
}

static bool lasts(const struct advise_rule *rule,
		  const struct advise_finding *finding)
{
	return finding->met >= advise_rule_lasts(rule) * finding->parts;
}

static int judge_vm(const struct advise_facts *facts,
		    const struct advise_vm *vm, struct advise_verdict *verdict)
{
	struct advise_finding finding, *added;

	if (!find_vcpu(facts, verdict, vm, &finding))
		return 0;
	count_parts(facts, verdict, &finding);
	if (!lasts(verdict->rule, &finding))
		return 0;
	added = array_append(verdict->finding, verdict->nr, verdict->room);
	if (!added)
		return -ENOMEM;
	*added = finding;
	return 0;
}

/* Sort findings by descending value, and those with equal values by VM. */
static int by_value(const void *a, const void *b)
{
	const struct advise_finding *x = a, *y = b;

	if (x->value[0] != y->value[0])
		return x->value[0] > y->value[0] ? -1 : 1;
	return x->vm < y->vm ? -1 : x->vm > y->vm;
}

static bool has_exits(const struct advise_facts *facts,
		      const struct advise_set *set)
{
	struct exit_times times = { .exits = 0 };

	for (size_t i = 0; i < facts->nr; i++) {
		for (size_t j = 0; j < facts->vm[i].vm->nr_vcpus; j++)
			advise_set_add(set, &facts->vm[i].vm->vcpu[j], &times);
	}
	return times.exits;
}

static unsigned int lacks(const struct advise_facts *facts,
			  const struct advise_verdict *verdict)
{
	unsigned int needs = 0, vms = ADVISE_LACKS_VMS;

	for (size_t i = 0; i < ADVISE_BOUNDS; i++)
		needs |= advise_needs(verdict->rule->bound[i].measure);
	needs &= ~facts->has;
	if (verdict->set.by && verdict->set.by != facts->by)
		needs |= ADVISE_NEEDS_KEYS;
	for (size_t i = 0; i < facts->nr; i++)
		vms &= is_judged(&facts->vm[i]) ? 0 : ~0u;
	/*
	 * With a filter on reasons, a reason without exits may not have been
	 * recorded.
	 */
	if (facts->some_reasons &&
	    (verdict->set.all || !has_exits(facts, &verdict->set)))
		needs |= ADVISE_LACKS_REASONS;
	return needs | vms;
}

static int judge(const struct advise_facts *facts,
		 struct advise_verdict *verdict)
{
	int r = 0;

	verdict->lacks = lacks(facts, verdict);
	verdict->state = verdict->lacks ? ADVISE_UNJUDGED : ADVISE_SILENT;
	for (size_t i = 0; !verdict->lacks && !r && i < facts->nr; i++) {
		if (is_judged(&facts->vm[i]))
			r = judge_vm(facts, &facts->vm[i], verdict);
	}
	if (verdict->nr) {
		verdict->state = ADVISE_FOUND;
		qsort(verdict->finding, verdict->nr, sizeof(*verdict->finding),
		      by_value);
	}
	return r;
}

/* Does --reason choose this rule, by any of its reasons? */
static bool is_asked_for(const struct advise_facts *facts,
			 const struct advise_set *set)
{
	const struct filter_numbers *reasons = &facts->filter->reasons;

	for (size_t i = 0; i < reasons->nr; i++) {
		if (advise_set_has(set, reasons->number[i]))
			return true;
	}
	return !reasons->nr;
}

static int judge_rule(const struct advise_rule *rule, struct advice *advice,
		      struct why *why)
{
	struct advise_verdict *verdict = &advice->verdict[advice->nr];
	int r = advise_set_of(rule, advice->facts->isa, &verdict->set, why);

	/*
	 * A rule about exits without a named key covers all exits if no such
	 * keys were recorded.
	 */
	if (!verdict->set.keys && verdict->set.by != advice->facts->by)
		verdict->set.by = LEDGER_KEY_NONE;
	verdict->rule = rule;
	verdict->state = ADVISE_ABSENT;
	if (r < 0 || !is_asked_for(advice->facts, &verdict->set))
		return r < 0 ? r : 0;
	if (r && judge(advice->facts, verdict))
		return why_set(why, ENOMEM, "out of memory");
	advice->count[verdict->state]++;
	advice->nr++;
	return 0;
}

int advise(const struct advise_facts *facts, struct advice *advice,
	   struct why *why)
{
	int r = 0;

	*advice = (struct advice){ .facts = facts };
	advice->verdict = calloc(advise_nr_rules, sizeof(*advice->verdict));
	if (!advice->verdict)
		return why_set(why, ENOMEM, "out of memory");
	for (size_t i = 0; !r && i < advise_nr_rules; i++)
		r = judge_rule(&advise_rules[i], advice, why);
	if (r)
		advice_free(advice);
	return r;
}

void advice_free(struct advice *advice)
{
	/*
	 * If an error occurred, the verdict after the last complete one is
	 * partial.
	 */
	for (size_t i = 0; advice->verdict && i < advise_nr_rules; i++)
		free(advice->verdict[i].finding);
	free(advice->verdict);
	memset(advice, 0, sizeof(*advice));
}
