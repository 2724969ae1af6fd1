// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "advise/advise_words.h"
#include "ledger/keys.h"
#include "ledger/reasons.h"
#include "lib/safe_text.h"

#define NAME_SHOWN 40 /* columns of a VM's name in a sentence */
/* commands with more reasons than this leave --reason out */
#define REASONS_NAMED 2

__attribute__((format(printf, 2, 3))) static void
append(struct advise_text *text, const char *fmt, ...)
{
	const size_t length = strlen(text->s);
	va_list args;

	va_start(args, fmt);
	vsnprintf(text->s + length, sizeof(text->s) - length, fmt, args);
	va_end(args);
}

/* Append a text with {1} and {2} replaced by a finding's values. */
static void append_values(struct advise_text *text, const char *from,
			  const struct advise_rule *rule,
			  const struct advise_finding *finding)
{
	for (; *from; from++) {
		const size_t i = from[0] == '{' ? from[1] - '1' : ADVISE_BOUNDS;

		if (i >= ADVISE_BOUNDS || from[2] != '}') {
			append(text, "%c", *from);
			continue;
		}
		append(text, "%s",
		       advise_measure_text(rule->bound[i].measure,
					   finding->value[i])
			       .s);
		from += 2;
	}
}

/*
 * Does a bound use a time, which can include time in which the host ran others?
 */
static bool is_of_time(const struct advise_rule *rule)
{
	for (size_t i = 0; i < ADVISE_BOUNDS; i++) {
		if (rule->bound[i].measure == ADVISE_TIME ||
		    rule->bound[i].measure == ADVISE_MEAN)
			return true;
	}
	return false;
}

struct advise_text advise_words_seen(const struct advice *advice,
				     const struct advise_verdict *verdict,
				     const struct advise_finding *finding)
{
	const struct ledger_vm *vm = finding->vm->vm;
	struct advise_text text = { "" };

	append(&text, "vCPU %u of %s ", finding->vcpu->id,
	       safe_short(vm->name, NAME_SHOWN).s);
	append_values(&text, verdict->rule->seen, verdict->rule, finding);
	if (finding->parts)
		append(&text, " This held in %zu of %zu parts of the time.",
		       finding->met, finding->parts);
	if (finding->vm->began)
		append(&text,
		       " The VM began during the run: these numbers include its start.");
	if (is_of_time(verdict->rule) &&
	    !(advice->facts->has & ADVISE_NEEDS_OFF_CPU))
		append(&text,
		       " The times may include some in which the host ran others: --off-cpu would tell.");
	return text;
}

static void append_bound(struct advise_text *text,
			 const struct advise_bound *bound)
{
	const double value = bound->below ? bound->below : bound->least;
	const char *words = advise_measure_names[bound->measure].words;
	const char *at = strstr(words, "%s");

	append(text, "%s%.*s%s %s%s", *text->s ? ", and " : "",
	       (int)(at - words), words,
	       bound->below ? "less than" : "at least",
	       advise_measure_text(bound->measure, value).s, at + 2);
}

struct advise_text advise_words_bounds(const struct advise_rule *rule)
{
	struct advise_text text = { "" };

	for (size_t i = 0; i < ADVISE_BOUNDS; i++) {
		if (rule->bound[i].measure)
			append_bound(&text, &rule->bound[i]);
	}
	append(&text, ".");
	text.s[0] = (char)toupper((unsigned char)text.s[0]);
	return text;
}

/* Can a name be used in a shell command without quoting? */
static bool is_word(const char *name)
{
	return *name && *name != '-' &&
	       !name[strspn(
		       name,
		       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-")];
}

static void append_reason(struct advise_text *text, uint32_t isa,
			  uint32_t reason)
{
	const struct exit_reason *known = exit_reason_find(isa, reason);
	char name[64] = "";

	for (size_t i = 0; known && known->name[i] && i < sizeof(name) - 1; i++)
		name[i] = (char)tolower((unsigned char)known->name[i]);
	append(text, " --reason %s", name);
}

struct advise_text advise_words_check(const struct advice *advice,
				      const struct advise_verdict *verdict,
				      const struct advise_finding *finding)
{
	const struct advise_set *set = &verdict->set;
	const struct ledger_vm *vm = finding->vm->vm;
	struct advise_text text = { "exitledger monitor -i 10 -n 1" };
	unsigned int needs = 0;

	if (is_word(vm->name))
		append(&text, " --vm %s", vm->name);
	else
		append(&text, " --pid %u", vm->pid);
	for (size_t i = 0; i < set->nr && set->nr <= REASONS_NAMED; i++)
		append_reason(&text, advice->facts->isa, set->reason[i]);
	if (set->by)
		append(&text, " --by %s", key_kind_name(set->by));
	for (size_t i = 0; i < ADVISE_BOUNDS; i++)
		needs |= advise_needs(verdict->rule->bound[i].measure);
	if (needs & ADVISE_NEEDS_OFF_CPU)
		append(&text, " --off-cpu");
	return text;
}

struct advise_text advise_words_lacks(const struct advise_verdict *verdict)
{
	const unsigned int lacks = verdict->lacks;
	struct advise_text text = { "" };
	const char *and = "record";

	if (lacks & ADVISE_LACKS_VMS) {
		append(&text, "no VM was seen for %d s or more",
		       ADVISE_SECONDS_MIN);
		return text;
	}
	if (lacks & ADVISE_NEEDS_KEYS) {
		append(&text, "%s with --by %s", and,
		       key_kind_name(verdict->set.by));
		and = " and";
	}
	if (lacks & ADVISE_NEEDS_OFF_CPU) {
		append(&text, "%s with --off-cpu", and);
		and = " and";
	}
	if (lacks & ADVISE_NEEDS_TIME) {
		append(&text, "%s without --count-only", and);
		and = " and";
	}
	if (lacks & ADVISE_LACKS_REASONS)
		append(&text, "%s without --reason", and);
	return text;
}

const char *advise_state_name(enum advise_state state)
{
	static const char *const names[] = {
		[ADVISE_FOUND] = "found",
		[ADVISE_SILENT] = "silent",
		[ADVISE_UNJUDGED] = "unjudged",
		[ADVISE_ABSENT] = "absent",
	};

	return names[state];
}
