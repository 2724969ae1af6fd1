// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "advise/advise_rules.h"
#include "ledger/key_names.h"
#include "ledger/reason_parse.h"
#include "ledger/reasons.h"

#define WORD 64 /* longest name of a reason or key, with its NUL */

#define ADVICE(name, ...) { .id = (name), __VA_ARGS__ },
#define NO_EXITS(name)        \
	{                     \
		.isa = (name) \
	}
#define EXITS(name, names)                        \
	{                                         \
		.isa = (name), .reasons = (names) \
	}
#define EXITS_BY(name, names, kind, patterns)                    \
	{                                                        \
		.isa = (name), .reasons = (names), .by = (kind), \
		.keys = (patterns)                               \
	}
#define EXITS_UNNAMED(name, names, kind) EXITS_BY(name, names, kind, NULL)
#define LEAST(what, value)                          \
	{                                           \
		.measure = (what), .least = (value) \
	}
#define BELOW(what, value)                          \
	{                                           \
		.measure = (what), .below = (value) \
	}
const struct advise_rule advise_rules[] = {
#include "advise/advise.def"
};
#undef ADVICE
#undef NO_EXITS
#undef EXITS
#undef EXITS_BY
#undef EXITS_UNNAMED
#undef LEAST
#undef BELOW

const size_t advise_nr_rules = sizeof(advise_rules) / sizeof(advise_rules[0]);

enum unit { UNIT_RATE, UNIT_SHARE, UNIT_NS };

static const struct {
	enum unit unit;
	unsigned int needs;
} measures[ADVISE_MEASURES] = {
	[ADVISE_RATE] = { UNIT_RATE, 0 },
	[ADVISE_TIME] = { UNIT_SHARE, ADVISE_NEEDS_TIME },
	[ADVISE_MEAN] = { UNIT_NS, ADVISE_NEEDS_TIME },
	[ADVISE_POLLED] = { UNIT_SHARE, ADVISE_NEEDS_OFF_CPU },
	[ADVISE_POLLED_MEAN] = { UNIT_NS, ADVISE_NEEDS_OFF_CPU },
	[ADVISE_PREEMPTED] = { UNIT_SHARE, ADVISE_NEEDS_OFF_CPU },
};

const struct advise_measure_names advise_measure_names[ADVISE_MEASURES] = {
	[ADVISE_RATE] = { "per_second", "EXITS/S", "%s exits per second" },
	[ADVISE_TIME] = { "time_share", "TIME %",
			  "%s of a vCPU's time in them" },
	[ADVISE_MEAN] = { "mean_ns", "MEAN", "a mean time of %s" },
	[ADVISE_POLLED] = { "polled_share", "POLL %",
			    "%s of the time on a CPU while halted" },
	[ADVISE_POLLED_MEAN] = { "polled_mean_ns", "POLL MEAN",
				 "%s on a CPU each time" },
	[ADVISE_PREEMPTED] = { "preempted_share", "PREEMPT %",
			       "%s of the time ready, but without a CPU" },
};

/* Copy the next word of a list; false: there is none. */
static bool next_word(const char **list, char word[WORD])
{
	const size_t length = strcspn(*list, "|");

	if (!length || length >= WORD)
		return false;
	memcpy(word, *list, length);
	word[length] = '\0';
	*list += length;
	*list += **list == '|';
	return true;
}

static int set_reasons(const char *reasons, uint32_t isa,
		       struct advise_set *set, struct why *why)
{
	char name[WORD];

	set->all = !strcmp(reasons, "*");
	while (!set->all && next_word(&reasons, name)) {
		if (set->nr == ADVISE_REASONS)
			return why_set(why, EINVAL, "more reasons than %d",
				       ADVISE_REASONS);
		if (reason_parse(isa, name, &set->reason[set->nr++], why))
			return -EINVAL;
	}
	return 0;
}

int advise_set_of(const struct advise_rule *rule, uint32_t isa,
		  struct advise_set *set, struct why *why)
{
	const char *name = exit_isa_name(isa);

	*set = (struct advise_set){ .nr = 0 };
	for (size_t i = 0; i < ADVISE_ISAS; i++) {
		const struct advise_exits *exits = &rule->exits[i];

		if (!exits->isa || strcmp(exits->isa, name))
			continue;
		if (!exits->reasons)
			return 0;
		set->by = exits->by;
		set->keys = exits->keys;
		return set_reasons(exits->reasons, isa, set, why) ? -EINVAL : 1;
	}
	return why_set(why, EINVAL, "the rule %s has no entry for %s", rule->id,
		       name);
}

bool advise_set_has(const struct advise_set *set, uint32_t reason)
{
	for (size_t i = 0; i < set->nr; i++) {
		if (set->reason[i] == reason)
			return true;
	}
	return set->all;
}

bool advise_set_has_key(const struct advise_set *set, uint64_t key)
{
	const struct text name = key_name(set->by, key);
	const char *patterns = set->keys;
	char pattern[WORD];

	if (!patterns)
		return !name.length;
	while (next_word(&patterns, pattern)) {
		if (!fnmatch(pattern, name.s, 0))
			return true;
	}
	return false;
}

static void add_cells(const struct advise_set *set,
		      const struct ledger_cells *cells, struct exit_times *sum)
{
	for (size_t i = 0; i < cells->nr; i++) {
		if (advise_set_has(set, cells->cell[i].reason))
			exit_times_add(sum, &cells->cell[i].times);
	}
}

/*
 * Add the exits of the keys that belong to the rule if @about, else those of
 * all other keys.
 */
static void add_keys(const struct advise_set *set,
		     const struct ledger_keys *keys, bool about,
		     struct exit_times *sum)
{
	for (size_t i = 0; i < keys->nr; i++) {
		const struct ledger_key *key = &keys->key[i];

		if (advise_set_has(set, key->reason) &&
		    advise_set_has_key(set, key->key) == about)
			exit_times_add(sum, &key->times);
	}
}

void advise_set_add(const struct advise_set *set,
		    const struct ledger_vcpu *vcpu, struct exit_times *sum)
{
	struct exit_times named = { .exits = 0 }, all = { .exits = 0 };

	if (set->by && set->keys) {
		add_keys(set, &vcpu->keys, true, sum);
		return;
	}
	add_cells(set, &vcpu->cells, &all);
	if (set->by) {
		add_keys(set, &vcpu->keys, false, &named);
		all = exit_times_since(&all, &named);
	}
	exit_times_add(sum, &all);
}

unsigned int advise_needs(enum advise_measure measure)
{
	return measures[measure].needs;
}

/*
 * Subtract times.  The result is never below 0, although the clocks of two CPUs
 * can differ.
 */
static double rest(uint64_t ns, uint64_t without)
{
	return ns > without ? (double)(ns - without) : 0;
}

double advise_measure(enum advise_measure measure,
		      const struct exit_times *times, double seconds)
{
	const double ns = seconds * 1e9;
	const double own = rest(times->ns, times->preempted_ns);
	const double polled =
		rest(times->ns, times->preempted_ns + times->blocked_ns);

	if (!times->exits || !(seconds > 0))
		return 0;
	switch (measure) {
	case ADVISE_RATE:
		return times->exits / seconds;
	case ADVISE_TIME:
		return own / ns;
	case ADVISE_MEAN:
		return own / times->exits;
	case ADVISE_POLLED:
		return polled / ns;
	case ADVISE_POLLED_MEAN:
		return polled / times->exits;
	case ADVISE_PREEMPTED:
		return times->preempted_ns / ns;
	default:
		return 0;
	}
}

struct text advise_measure_text(enum advise_measure measure, double value)
{
	switch (measures[measure].unit) {
	case UNIT_NS:
		return format_ns(value);
	case UNIT_SHARE:
		return format_percent(value);
	default:
		return format_rate(value);
	}
}

bool advise_bound_holds(const struct advise_bound *bound, double value)
{
	return value >= bound->least && (!bound->below || value < bound->below);
}

double advise_rule_lasts(const struct advise_rule *rule)
{
	return rule->lasts ? rule->lasts : ADVISE_LASTS;
}
