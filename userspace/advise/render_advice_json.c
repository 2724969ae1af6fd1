// SPDX-License-Identifier: GPL-2.0-only
/*
 * Advice as JSON.  docs/exitledger-advise.1.rst describes the members and their
 * units.
 */
#include <stdio.h>
#include <string.h>

#include "advise/advise_items.h"
#include "advise/advise_words.h"
#include "advise/render_advice.h"
#include "ledger/reasons.h"
#include "ledger/ledger_json.h"

static void put_measures(struct json_writer *json,
			 const struct exit_times *times, double seconds,
			 unsigned int has)
{
	json_put_uint(json, "exits", times->exits);
	for (size_t i = ADVISE_NONE + 1; i < ADVISE_MEASURES; i++) {
		if (!(advise_needs(i) & ~has))
			json_put_real(json, advise_measure_names[i].json,
				      advise_measure(i, times, seconds));
	}
}

static void put_reason(struct json_writer *json, uint32_t isa, uint32_t reason)
{
	const struct exit_reason *known = exit_reason_find(isa, reason);

	json_put_uint(json, "reason", reason);
	if (known)
		json_put_text(json, "name", known->name);
}

static void put_items(struct json_writer *json, const struct advice *advice,
		      const struct advise_verdict *verdict,
		      const struct advise_finding *finding)
{
	const struct advise_facts *facts = advice->facts;
	struct advise_item item[ADVISE_ITEMS];
	const size_t nr = advise_items(advice, verdict, finding, item);

	json_put_open(json, "items", '[');
	for (size_t i = 0; i < nr; i++) {
		json_put_open(json, NULL, '{');
		put_reason(json, facts->isa, item[i].reason);
		if (item[i].is_key)
			ledger_json_key(json, facts->by, item[i].key);
		put_measures(json, &item[i].times,
			     finding->vm->end - finding->vm->begin,
			     item[i].is_key ?
				     facts->has & ~ADVISE_NEEDS_OFF_CPU :
				     facts->has);
		json_put_close(json, '}');
	}
	json_put_close(json, ']');
}

static void put_finding(struct json_writer *json, const struct advice *advice,
			const struct advise_verdict *verdict,
			const struct advise_finding *finding)
{
	const struct ledger_vm *vm = finding->vm->vm;

	json_put_open(json, NULL, '{');
	json_put_uint(json, "vm", vm->number);
	json_put_uint(json, "pid", vm->pid);
	json_put_text(json, "name", vm->name);
	json_put_uint(json, "vcpu", finding->vcpu->id);
	json_put_uint(json, "vcpus", finding->vcpus);
	json_put_real(json, "seconds", finding->vm->end - finding->vm->begin);
	json_put_bool(json, "began", finding->vm->began);
	json_put_uint(json, "parts", finding->parts);
	json_put_uint(json, "parts_met", finding->met);
	put_measures(json, &finding->times,
		     finding->vm->end - finding->vm->begin, advice->facts->has);
	put_items(json, advice, verdict, finding);
	json_put_text(json, "seen",
		      advise_words_seen(advice, verdict, finding).s);
	json_put_text(json, "check",
		      advise_words_check(advice, verdict, finding).s);
	json_put_close(json, '}');
}

static void put_bounds(struct json_writer *json, const struct advise_rule *rule)
{
	json_put_open(json, "bounds", '[');
	for (size_t i = 0; i < ADVISE_BOUNDS; i++) {
		const struct advise_bound *bound = &rule->bound[i];

		if (!bound->measure)
			continue;
		json_put_open(json, NULL, '{');
		json_put_text(json, "measure",
			      advise_measure_names[bound->measure].json);
		if (bound->below)
			json_put_real(json, "below", bound->below);
		else
			json_put_real(json, "least", bound->least);
		json_put_close(json, '}');
	}
	json_put_close(json, ']');
	json_put_text(json, "bounds_in_words", advise_words_bounds(rule).s);
}

/* Write a list that is separated by "; " as an array. */
static void put_sources(struct json_writer *json, const char *sources)
{
	char source[256];

	json_put_open(json, "sources", '[');
	while (*sources) {
		const char *end = strstr(sources, "; ");
		const size_t length = end ? (size_t)(end - sources) :
					    strlen(sources);

		snprintf(source, sizeof(source), "%.*s", (int)length, sources);
		json_put_text(json, NULL, source);
		sources += length + (end ? 2 : 0);
	}
	json_put_close(json, ']');
}

static void put_rule(struct json_writer *json, const struct advice *advice,
		     const struct advise_verdict *verdict)
{
	const struct advise_rule *rule = verdict->rule;

	json_put_open(json, NULL, '{');
	json_put_text(json, "id", rule->id);
	json_put_text(json, "title", rule->title);
	json_put_text(json, "state", advise_state_name(verdict->state));
	if (verdict->state == ADVISE_UNJUDGED)
		json_put_text(json, "lacks", advise_words_lacks(verdict).s);
	put_bounds(json, rule);
	json_put_real(json, "lasts", advise_rule_lasts(rule));
	json_put_open(json, "findings", '[');
	for (size_t i = 0; i < verdict->nr; i++)
		put_finding(json, advice, verdict, &verdict->finding[i]);
	json_put_close(json, ']');
	json_put_text(json, "usually", rule->usual);
	json_put_text(json, "change", rule->change);
	json_put_text(json, "threshold", rule->threshold);
	put_sources(json, rule->sources);
	json_put_close(json, '}');
}

void render_advice_json(struct json_writer *json, const struct advice *advice)
{
	const struct advise_facts *facts = advice->facts;
	size_t judged = 0;

	for (size_t i = 0; i < facts->nr; i++)
		judged += facts->vm[i].end - facts->vm[i].begin >=
			  ADVISE_SECONDS_MIN;
	json_put_uint(json, "vms_judged", judged);
	json_put_uint(json, "vms_not_judged",
		      facts->nr - judged + facts->older);
	json_put_open(json, "rules", '[');
	for (size_t i = 0; i < advice->nr; i++)
		put_rule(json, advice, &advice->verdict[i]);
	json_put_close(json, ']');
}
