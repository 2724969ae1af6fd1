/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules and findings in words, for every output. */
#ifndef EXITLEDGER_ADVISE_WORDS_H
#define EXITLEDGER_ADVISE_WORDS_H

#include "advise/advice.h"

struct advise_text {
	char s[1024];
};

/** advise_words_seen - what was seen, with the numbers; safe to be shown */
struct advise_text advise_words_seen(const struct advice *advice,
				     const struct advise_verdict *verdict,
				     const struct advise_finding *finding);

/** advise_words_bounds - "At least 100 exits per second." */
struct advise_text advise_words_bounds(const struct advise_rule *rule);

/** advise_words_check - the command that shows whether a change has helped */
struct advise_text advise_words_check(const struct advice *advice,
				      const struct advise_verdict *verdict,
				      const struct advise_finding *finding);

/** advise_words_lacks - what would let a rule be judged: "record with --by msr"
 */
struct advise_text advise_words_lacks(const struct advise_verdict *verdict);

/** advise_state_name - "found", "silent", "unjudged" or "absent" */
const char *advise_state_name(enum advise_state state);

#endif /* EXITLEDGER_ADVISE_WORDS_H */
