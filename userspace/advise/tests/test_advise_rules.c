// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each rule of advise.def, on both ISAs: values for which it fires, and values
 * just outside of its bounds.
 */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "advise/advise_words.h"
#include "advise/tests/advise_fixture.h"
#include "ledger/isa.h"
#include "ledger/reasons.h"
#include "tests/tap.h"

#define US 1000
#define MS 1000000

/* Exits of one kind, per second. */
struct made {
	uint64_t rate;
	uint64_t ns, preempted_ns, blocked_ns; /* ns per exit */
};

/*
 * For each rule: exits that make it fire, and for each of its bounds, exits
 * that are just outside of only that bound.  @key is set for rules about keys.
 */
static const struct {
	const char *rule;
	uint64_t key;
	struct made fires;
	struct made misses[ADVISE_BOUNDS];
} cases[] = {
	{ "preempted",
	  0,
	  { 100, 3 * MS, 1 * MS, 0 },
	  { { 99, 3 * MS, 1 * MS, 0 } } },
	{ "halt-polling",
	  0,
	  { 1000, 300 * US, 50 * US, 150 * US },
	  { { 1000, 299 * US, 50 * US, 150 * US },
	    { 20000, 39900, 10 * US, 20 * US } } },
	{ "short-halts",
	  0,
	  { 1000, 199 * US, 0, 150 * US },
	  { { 999, 199 * US, 0, 0 }, { 1000, 200 * US, 0, 0 } } },
	{ "pause", 0, { 1000, 10 * US, 0, 0 }, { { 999, 10 * US, 0, 0 } } },
	{ "interrupts", 0, { 2000, 1 * US, 0, 0 }, { { 1999, 1 * US, 0, 0 } } },
	{ "timer-sets", 0x6e0, { 2000, US, 0, 0 }, { { 1999, US, 0, 0 } } },
	{ "timer-expiries", 0, { 2000, US, 0, 0 }, { { 1999, US, 0, 0 } } },
	{ "clock-ports",
	  0x608,
	  { 100, 10 * US, 0, 0 },
	  { { 99, 10 * US, 0, 0 } } },
	{ "clock-hpet",
	  0xfed000f0,
	  { 100, 10 * US, 0, 0 },
	  { { 99, 10 * US, 0, 0 } } },
	{ "apic-mmio", 0xfee000b0, { 1000, US, 0, 0 }, { { 999, US, 0, 0 } } },
	{ "apic-msrs", 0x80b, { 1000, US, 0, 0 }, { { 999, US, 0, 0 } } },
	{ "page-faults", 0, { 5000, 2 * US, 0, 0 }, { { 4999, 2 * US, 0, 0 } } },
	{ "slow-io",
	  0,
	  { 1000, 10 * US, 0, 0 },
	  { { 999, 10 * US, 0, 0 }, { 2000, 9900, 0, 0 } } },
	{ "cpuid",
	  0,
	  { 100, 100 * US, 0, 0 },
	  { { 100, 99 * US, 0, 0 }, { 99, 102 * US, 0, 0 } } },
	{ "rdtsc", 0, { 100, US, 0, 0 }, { { 99, US, 0, 0 } } },
	{ "debug-registers", 0, { 100, US, 0, 0 }, { { 99, US, 0, 0 } } },
	{ "rdpmc",
	  0,
	  { 100, 100 * US, 0, 0 },
	  { { 100, 99 * US, 0, 0 }, { 99, 102 * US, 0, 0 } } },
	{ "wbinvd", 0, { 10, MS, 0, 0 }, { { 9, MS, 0, 0 } } },
};

#define NR_CASES (sizeof(cases) / sizeof(cases[0]))

static size_t case_of(const struct advise_rule *rule)
{
	size_t i = 0;

	while (i < NR_CASES && strcmp(cases[i].rule, rule->id) != 0)
		i++;
	ck_assert_msg(i < NR_CASES, "%s: there is no case of it", rule->id);
	return i;
}

/* The verdict on a guest with only these exits, by the rule's first reason. */
static enum advise_state judge(const struct advise_rule *rule, uint32_t isa,
			       uint64_t key, const struct made *made,
			       struct advise_finding *finding)
{
	struct fixture_exits exits = { .rate = made->rate,
				       .ns = made->ns,
				       .preempted_ns = made->preempted_ns,
				       .blocked_ns = made->blocked_ns,
				       .key = key };
	const struct advise_verdict *verdict;
	struct advise_set set;
	struct fixture fixture;
	enum advise_state state;

	ck_assert_int_eq(advise_set_of(rule, isa, &set, NULL), 1);
	exits.reason = set.all ? exit_reason_cpuid(isa) : set.reason[0];
	fixture_make(&fixture, isa, &exits, 1);
	fixture.facts.by = set.by;
	fixture_advise(&fixture);
	verdict = fixture_verdict(&fixture, rule->id);
	state = verdict->state;
	if (state == ADVISE_FOUND)
		*finding = verdict->finding[0];
	fixture_free(&fixture);
	return state;
}

static double value_of(const struct advise_bound *bound,
		       const struct made *made)
{
	const struct exit_times times = {
		.exits = made->rate,
		.ns = made->rate * made->ns,
		.preempted_ns = made->rate * made->preempted_ns,
		.blocked_ns = made->rate * made->blocked_ns,
	};

	return advise_measure(bound->measure, &times, 1);
}

/* Is a value outside of a bound by at most a ninth? */
static bool is_near(const struct advise_bound *bound, double value)
{
	const double at = bound->below ? bound->below : bound->least;

	return !advise_bound_holds(bound, value) && fabs(value - at) <= at / 9;
}

START_TEST(fires)
{
	for (size_t i = 0; isa_table[i]; i++) {
		const struct advise_rule *rule = &advise_rules[_i];
		const size_t n = case_of(rule);
		struct advise_finding finding = { .met = 0 };
		struct advise_set set;

		if (!advise_set_of(rule, isa_table[i]->id, &set, NULL))
			continue;
		ck_assert_msg(judge(rule, isa_table[i]->id, cases[n].key,
				    &cases[n].fires, &finding) == ADVISE_FOUND,
			      "%s: does not fire on %s", rule->id,
			      isa_table[i]->name);
		for (size_t j = 0; j < ADVISE_BOUNDS; j++) {
			const struct advise_bound *bound = &rule->bound[j];

			if (bound->measure)
				ck_assert_double_eq_tol(
					finding.value[j] /
						value_of(bound,
							 &cases[n].fires),
					1, 1e-9);
		}
		ck_assert_uint_eq(finding.met, FIXTURE_SECONDS);
		ck_assert_uint_eq(finding.parts, FIXTURE_SECONDS);
	}
}
END_TEST

static void check_miss(const struct advise_rule *rule, uint32_t isa,
		       uint64_t key, const struct made *made, size_t missed)
{
	struct advise_finding finding;

	for (size_t i = 0; i < ADVISE_BOUNDS; i++) {
		const struct advise_bound *bound = &rule->bound[i];
		const double value = value_of(bound, made);

		if (!bound->measure)
			continue;
		ck_assert_msg(
			i == missed ? is_near(bound, value) :
				      advise_bound_holds(bound, value),
			"%s: %g is %s bound %zu", rule->id, value,
			i == missed ? "not just outside of" : "outside of", i);
	}
	ck_assert_msg(judge(rule, isa, key, made, &finding) == ADVISE_SILENT,
		      "%s: is not silent just outside of bound %zu", rule->id,
		      missed);
}

START_TEST(just_does_not)
{
	const struct advise_rule *rule = &advise_rules[_i];
	const size_t n = case_of(rule);

	for (size_t i = 0; isa_table[i]; i++) {
		struct advise_set set;

		if (!advise_set_of(rule, isa_table[i]->id, &set, NULL))
			continue;
		for (size_t j = 0; j < ADVISE_BOUNDS; j++) {
			if (rule->bound[j].measure)
				check_miss(rule, isa_table[i]->id, cases[n].key,
					   &cases[n].misses[j], j);
		}
	}
}
END_TEST

START_TEST(names_of_all_vendors_resolve)
{
	const struct advise_rule *rule = &advise_rules[_i];

	for (size_t i = 0; isa_table[i]; i++) {
		struct why why = { "" };
		struct advise_set set;
		int r = advise_set_of(rule, isa_table[i]->id, &set, &why);

		ck_assert_msg(r >= 0, "%s: %s", rule->id, why.text);
		ck_assert_msg(r || rule->absent,
			      "%s: does not say why %s has no such exits",
			      rule->id, isa_table[i]->vendor);
		ck_assert(!r || set.all || set.nr);
		ck_assert(set.by || !set.keys);
	}
}
END_TEST

static void check_sentences(const char *id, const char *text)
{
	const size_t length = text ? strlen(text) : 0;

	ck_assert_msg(length > 20, "%s: a text is missing", id);
	ck_assert_msg(text[length - 1] == '.', "%s: no sentence: %s", id, text);
	ck_assert_msg(!strstr(text, "  ") && !strchr(text, '\n'), "%s: %s", id,
		      text);
}

/* The texts refer only to values of bounds that the rule has. */
static void check_seen(const struct advise_rule *rule)
{
	bool named[ADVISE_BOUNDS] = { false };

	for (const char *at = strchr(rule->seen, '{'); at;
	     at = strchr(at + 1, '{')) {
		const size_t i = at[1] - '1';

		ck_assert_msg(at[2] == '}' && i < ADVISE_BOUNDS &&
				      rule->bound[i].measure,
			      "%s: {%c} is no bound of it", rule->id, at[1]);
		named[i] = true;
	}
	for (size_t i = 0; i < ADVISE_BOUNDS; i++)
		ck_assert_msg(named[i] == !!rule->bound[i].measure,
			      "%s: its value of bound %zu is not said",
			      rule->id, i);
}

START_TEST(rows_are_complete)
{
	const struct advise_rule *rule = &advise_rules[_i];

	for (const char *at = rule->id; *at; at++)
		ck_assert(islower((unsigned char)*at) || *at == '-');
	for (int i = 0; i < _i; i++)
		ck_assert_str_ne(rule->id, advise_rules[i].id);
	ck_assert(rule->title && strlen(rule->title) < 56);
	ck_assert(rule->bound[0].measure && rule->bound[0].least > 0);
	ck_assert(rule->lasts >= 0 && rule->lasts <= 1);
	check_sentences(rule->id, rule->usual);
	check_sentences(rule->id, rule->change);
	check_sentences(rule->id, rule->threshold);
	check_sentences(rule->id, rule->seen);
	check_seen(rule);
	ck_assert(strlen(rule->sources) > 10);
}
END_TEST

START_TEST(no_case_is_of_no_rule)
{
	ck_assert_uint_eq(NR_CASES, advise_nr_rules);
	for (size_t i = 0; i < advise_nr_rules; i++)
		case_of(&advise_rules[i]);
}
END_TEST

START_TEST(bounds_in_words)
{
	static const struct advise_rule rule = {
		.bound = { { ADVISE_RATE, .least = 1000 },
			   { ADVISE_MEAN, .below = 200000 } },
	};

	ck_assert_str_eq(
		advise_words_bounds(&rule).s,
		"At least 1,000 exits per second, and a mean time of less than 200 us.");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("advise_rules");
	TCase *tcase = tcase_create("advise_rules");

	tcase_add_loop_test(tcase, fires, 0, (int)advise_nr_rules);
	tcase_add_loop_test(tcase, just_does_not, 0, (int)advise_nr_rules);
	tcase_add_loop_test(tcase, names_of_all_vendors_resolve, 0,
			    (int)advise_nr_rules);
	tcase_add_loop_test(tcase, rows_are_complete, 0, (int)advise_nr_rules);
	tcase_add_test(tcase, no_case_is_of_no_rule);
	tcase_add_test(tcase, bounds_in_words);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
