// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "commands/export_proof.h"
#include "compare/proof.h"
#include "compare/render_compare.h"
#include "lib/clock.h"

/* One fault can break a rule at each read; limit the messages per minute. */
#define SAID_MAX 10
#define MINUTE_NS 60000000000ull

enum { JUDGED_COUNT, JUDGED_TIME, JUDGED_STATISTICS, NR_JUDGED };

struct export_proof {
	struct proof proof;
	struct export_book *book;
	struct export_count judged[NR_JUDGED];
	/* number of findings by rule */
	struct export_count wrong[RULE_NO_READ];
	struct export_verdict verdict; /* points at @judged and @wrong */
	uint64_t minute_ns; /* CLOCK_MONOTONIC when the minute of @said began */
	unsigned int said; /* messages in that minute */
	struct why why;
};

bool export_proof_has_answers(const struct host *host)
{
	return proof_has_answers(host);
}

int export_proof_open(struct export_proof **result, struct observer *observer,
		      const struct host *host, bool answers,
		      struct export_book *book, struct why *why)
{
	struct export_proof *proof = calloc(1, sizeof(*proof));

	*result = proof;
	if (!proof)
		return why_set(why, ENOMEM, "out of memory");
	proof->book = book;
	proof->judged[JUDGED_COUNT].kind = "count";
	proof->judged[JUDGED_TIME].kind = "time";
	proof->judged[JUDGED_STATISTICS].kind = "statistics";
	for (size_t i = 0; i < RULE_NO_READ; i++)
		proof->wrong[i].kind = rule_name(i);
	proof->verdict = (struct export_verdict){
		.judged = proof->judged,
		.nr_judged = NR_JUDGED,
		.wrong = proof->wrong,
		.nr_wrong = RULE_NO_READ,
	};
	return proof_open(&proof->proof, observer, host, answers, why);
}

const struct export_verdict *
export_proof_verdict(const struct export_proof *proof)
{
	return &proof->verdict;
}

uint64_t export_proof_slots(void *context, uint64_t *used)
{
	const struct export_proof *proof = context;

	return observer_slots(proof->proof.observer, used);
}

const struct why *export_proof_why(const struct export_proof *proof)
{
	return &proof->why;
}

/* --- the source --- */

static int collect(void *context, struct ledger *interval, struct ledger *total)
{
	struct export_proof *proof = context;

	(void)total;
	return proof_collect(&proof->proof, interval, &proof->why);
}

static bool has_news(void *context)
{
	const struct export_proof *proof = context;

	return observer_has_news(proof->proof.observer);
}

struct monitor_source export_proof_source(struct export_proof *proof)
{
	return (struct monitor_source){ .context = proof,
					.collect = collect,
					.has_news = has_news };
}

/* --- the verdict --- */

static void say(struct export_proof *proof, const struct finding *finding)
{
	uint64_t now = clock_now_ns();
	char line[256];

	if (now >= proof->minute_ns + MINUTE_NS) {
		proof->minute_ns = now;
		proof->said = 0;
	}
	if (proof->said++ >= SAID_MAX)
		return;
	render_finding(&proof->proof.books, finding, line, sizeof(line));
	msg_error("the books do not balance: %s", line);
	if (proof->said == SAID_MAX)
		msg_error(
			"further discrepancies in this minute are not printed; exitledger_books_discrepancies_total counts them");
}

/* Report and count the findings, and make room in the balance for new ones. */
static void take_findings(struct export_proof *proof)
{
	struct balance *balance = &proof->proof.judge.balance;

	for (size_t i = 0; i < balance->nr; i++) {
		const struct finding *finding = &balance->finding[i];

		if (rule_inconclusive(finding->rule))
			continue;
		proof->wrong[finding->rule].nr++;
		say(proof, finding);
	}
	balance->nr = 0;
}

/* Set the number of exits that KVM has counted since a VM was first seen. */
static void take_statistics(struct export_proof *proof)
{
	const struct books *books = &proof->proof.books;

	for (size_t i = 0; i < books->nr_statistics; i++) {
		const struct statistics *of = &books->statistics[i];
		uint64_t prior = proof_prior(&proof->proof, of->vm);

		if (of->exits >= prior)
			export_book_kvm(proof->book, of->vm, of->exits - prior);
	}
}

void export_proof_collected(void *context)
{
	struct export_proof *proof = context;
	const struct balance *balance = &proof->proof.judge.balance;
	double cost = proof_cost_ns(&proof->proof);

	take_findings(proof);
	take_statistics(proof);
	proof->judged[JUDGED_COUNT].nr = balance->checked;
	proof->judged[JUDGED_TIME].nr = balance->timed;
	proof->judged[JUDGED_STATISTICS].nr = balance->statistics;
	proof->verdict.reads = proof->proof.judge.reads;
	proof->verdict.has_cost = cost >= 0;
	proof->verdict.cost_ns = cost >= 0 ? cost + 0.5 : 0;
}

void export_proof_close(struct export_proof *proof)
{
	if (!proof)
		return;
	proof_close(&proof->proof);
	free(proof);
}
