/* SPDX-License-Identifier: GPL-2.0-only */
/* Sentences about rules and findings, shared by all outputs. */
#ifndef EXITLEDGER_ADVISE_WORDS_H
#define EXITLEDGER_ADVISE_WORDS_H

#include "advise/advice.h"

struct advise_text {
	char s[1024];
};

/** advise_words_seen - describe a finding with its values; terminal-safe */
struct advise_text advise_words_seen(const struct advice *advice,
				     const struct advise_verdict *verdict,
				     const struct advise_finding *finding);

/** advise_words_bounds - for example "At least 100 exits per second." */
struct advise_text advise_words_bounds(const struct advise_rule *rule);

/** advise_words_check - a command that shows whether a change has helped */
struct advise_text advise_words_check(const struct advice *advice,
				      const struct advise_verdict *verdict,
				      const struct advise_finding *finding);

/** advise_words_lacks - how to get a rule judged: "record with --by msr" */
struct advise_text advise_words_lacks(const struct advise_verdict *verdict);

/** advise_state_name - "found", "silent", "unjudged" or "absent" */
const char *advise_state_name(enum advise_state state);

#endif /* EXITLEDGER_ADVISE_WORDS_H */
