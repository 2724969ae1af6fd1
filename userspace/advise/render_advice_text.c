// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "advise/advise_items.h"
#include "advise/advise_words.h"
#include "advise/render_advice.h"
#include "ledger/isa.h"
#include "ledger/keys.h"
#include "ledger/reason_text.h"
#include "lib/safe_text.h"
#include "lib/table.h"
#include "lib/wrap.h"

#define LABEL 9 /* width of a paragraph's label */
#define VMS_SHOWN 5
#define COLUMNS 3
#define NAME_WIDTH 27
#define VALUE_WIDTH 10

/* The measures shown in a rule's table. */
struct shown {
	enum advise_measure measure[COLUMNS];
	size_t nr;
};

static void show(struct shown *shown, enum advise_measure measure,
		 unsigned int has)
{
	for (size_t i = 0; i < shown->nr; i++) {
		if (shown->measure[i] == measure)
			return;
	}
	if (measure && shown->nr < COLUMNS && !(advise_needs(measure) & ~has))
		shown->measure[shown->nr++] = measure;
}

/*
 * Show the rate, the measures of the rule's bounds, and then other measures
 * that were recorded, as far as there is room.
 */
static struct shown shown_of(const struct advise_rule *rule, unsigned int has)
{
	struct shown shown = { .nr = 0 };

	show(&shown, ADVISE_RATE, has);
	for (size_t i = 0; i < ADVISE_BOUNDS; i++)
		show(&shown, rule->bound[i].measure, has);
	show(&shown, ADVISE_TIME, has);
	show(&shown, ADVISE_MEAN, has);
	return shown;
}

static void paragraph(const char *label, const char *text, FILE *out)
{
	fprintf(out, "%-*s", LABEL, label);
	wrap_text(text, LABEL, out);
}

static void put_head(const struct shown *shown, FILE *out)
{
	struct table_line line = { .length = 0 };

	table_left(&line, NAME_WIDTH, "VM");
	table_right(&line, 8, "PID");
	table_right(&line, 5, "VCPU");
	for (size_t i = 0; i < shown->nr; i++)
		table_right(&line, VALUE_WIDTH,
			    advise_measure_names[shown->measure[i]].header);
	table_end(&line, out);
}

static void put_values(struct table_line *line, const struct shown *shown,
		       const struct exit_times *times, double seconds,
		       bool is_key)
{
	const struct text none = { "-", 1 };

	for (size_t i = 0; i < shown->nr; i++) {
		const enum advise_measure measure = shown->measure[i];
		const bool known = !is_key || !(advise_needs(measure) &
						ADVISE_NEEDS_OFF_CPU);

		table_number(line, VALUE_WIDTH,
			     known ? advise_measure_text(
					     measure,
					     advise_measure(measure, times,
							    seconds)) :
				     none);
	}
}

static double seconds_of(const struct advise_finding *finding)
{
	return finding->vm->end - finding->vm->begin;
}

static void put_vm(const struct shown *shown,
		   const struct advise_finding *finding, FILE *out)
{
	const struct ledger_vm *vm = finding->vm->vm;
	struct table_line line = { .length = 0 };

	table_left(&line, NAME_WIDTH, safe_short(vm->name, NAME_WIDTH).s);
	table_number(&line, 8, format_plain(vm->pid));
	table_number(&line, 5, format_plain_in(finding->vcpu->id, 5));
	put_values(&line, shown, &finding->times, seconds_of(finding), false);
	table_end(&line, out);
}

static void put_item(const struct advice *advice, const struct shown *shown,
		     const struct advise_finding *finding,
		     const struct advise_item *item, FILE *out)
{
	struct table_line line = { .length = 0 };

	table_left(&line, 1, "");
	table_left(
		&line, NAME_WIDTH + 12,
		item->is_key ?
			key_text(advice->facts->by, item->key).s :
			exit_reason_text(advice->facts->isa, item->reason).s);
	put_values(&line, shown, &item->times, seconds_of(finding),
		   item->is_key);
	table_end(&line, out);
}

static void put_table(const struct advice *advice,
		      const struct advise_verdict *verdict, FILE *out)
{
	const struct shown shown = shown_of(verdict->rule, advice->facts->has);
	struct advise_item item[ADVISE_ITEMS];

	put_head(&shown, out);
	for (size_t i = 0; i < verdict->nr && i < VMS_SHOWN; i++) {
		const struct advise_finding *finding = &verdict->finding[i];
		const size_t nr =
			i ? 0 : advise_items(advice, verdict, finding, item);

		put_vm(&shown, finding, out);
		for (size_t j = 0; j < nr; j++)
			put_item(advice, &shown, finding, &item[j], out);
	}
	if (verdict->nr > VMS_SHOWN)
		fprintf(out, "and %zu more\n", verdict->nr - VMS_SHOWN);
}

static void put_check(const struct advice *advice,
		      const struct advise_verdict *verdict,
		      const struct advise_finding *finding, FILE *out)
{
	struct advise_text text = { "After the change, this shows less: " };
	const size_t length = strlen(text.s);

	snprintf(text.s + length, sizeof(text.s) - length, "%s",
		 advise_words_check(advice, verdict, finding).s);
	paragraph("check", text.s, out);
}

static void put_bounds(const struct advise_rule *rule, FILE *out)
{
	struct advise_text text = advise_words_bounds(rule);
	const size_t length = strlen(text.s);

	snprintf(text.s + length, sizeof(text.s) - length, " %s",
		 rule->threshold);
	paragraph("bounds", text.s, out);
}

static void put_found(const struct advice *advice,
		      const struct advise_verdict *verdict, FILE *out)
{
	const struct advise_rule *rule = verdict->rule;
	const struct advise_finding *first = &verdict->finding[0];

	fprintf(out, "\n%s (%s)\n\n", rule->title, rule->id);
	put_table(advice, verdict, out);
	fputc('\n', out);
	paragraph("seen", advise_words_seen(advice, verdict, first).s, out);
	paragraph("usually", rule->usual, out);
	paragraph("change", rule->change, out);
	put_check(advice, verdict, first, out);
	put_bounds(rule, out);
	paragraph("sources", rule->sources, out);
}

/*
 * Name all rules that have the same reason not to be judged in one paragraph.
 */
static void put_alike(const struct advice *advice, size_t first,
		      const char *label, const char *what, FILE *out)
{
	const struct advise_verdict *one = &advice->verdict[first];
	char text[2048] = "";
	size_t length = 0;

	for (size_t i = 0; i < advice->nr; i++) {
		const struct advise_verdict *other = &advice->verdict[i];

		if (other->state != one->state || other->lacks != one->lacks ||
		    (one->lacks & ADVISE_NEEDS_KEYS &&
		     other->set.by != one->set.by))
			continue;
		if (i < first)
			return;
		length += snprintf(text + length, sizeof(text) - length, "%s%s",
				   length ? ", " : "", other->rule->id);
	}
	snprintf(text + length, sizeof(text) - length, "%s%s",
		 *what ? ": " : "", what);
	paragraph(label, text, out);
}

static void put_absent(const struct advice *advice,
		       const struct advise_rule *rule, FILE *out)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "%s: %s's processors have no such exit%s%s", rule->id,
		 isa_find(advice->facts->isa)->vendor, rule->absent ? "; " : "",
		 rule->absent ? rule->absent : "");
	paragraph("absent", text, out);
}

/* Write the rules in this state, which have no findings. */
static void put_others(const struct advice *advice, enum advise_state state,
		       FILE *out)
{
	for (size_t i = 0; i < advice->nr; i++) {
		const struct advise_verdict *verdict = &advice->verdict[i];

		if (verdict->state != state)
			continue;
		if (state == ADVISE_ABSENT)
			put_absent(advice, verdict->rule, out);
		else
			put_alike(advice, i, advise_state_name(state),
				  advise_words_lacks(verdict).s, out);
	}
}

static void put_notes(const struct advise_facts *facts, FILE *out)
{
	size_t brief = 0;
	char text[256];

	for (size_t i = 0; i < facts->nr; i++)
		brief += facts->vm[i].end - facts->vm[i].begin <
			 ADVISE_SECONDS_MIN;
	if (brief) {
		snprintf(
			text, sizeof(text),
			"VMs that were seen for less than %d s are not judged: %zu",
			ADVISE_SECONDS_MIN, brief);
		paragraph("note", text, out);
	}
	if (facts->older) {
		snprintf(
			text, sizeof(text),
			"VMs that ended long before the end are not judged, as they are no longer known separately: %s",
			format_count(facts->older).s);
		paragraph("note", text, out);
	}
	if (facts->lost)
		paragraph(
			"note",
			"not all exits could be booked ('exitledger report' says which): there may be more than is seen here",
			out);
}

void render_advice_text(const struct advice *advice, FILE *out)
{
	char text[256];

	snprintf(
		text, sizeof(text),
		"%zu rule%s: %zu found something, %zu silent, %zu unjudged, %zu absent",
		advice->nr, advice->nr == 1 ? "" : "s",
		advice->count[ADVISE_FOUND], advice->count[ADVISE_SILENT],
		advice->count[ADVISE_UNJUDGED], advice->count[ADVISE_ABSENT]);
	paragraph("advice", text, out);
	put_notes(advice->facts, out);
	for (size_t i = 0; i < advice->nr; i++) {
		if (advice->verdict[i].state == ADVISE_FOUND)
			put_found(advice, &advice->verdict[i], out);
	}
	fputc('\n', out);
	put_others(advice, ADVISE_SILENT, out);
	put_others(advice, ADVISE_UNJUDGED, out);
	put_others(advice, ADVISE_ABSENT, out);
}
