/* SPDX-License-Identifier: GPL-2.0-only */
/* Renders advice as text for people and as JSON for programs. */
#ifndef EXITLEDGER_RENDER_ADVICE_H
#define EXITLEDGER_RENDER_ADVICE_H

#include "advise/advice.h"
#include "lib/json_writer.h"

/** render_advice_text - write all of it, in 80 columns */
void render_advice_text(const struct advice *advice, FILE *out);

/** render_advice_json - add members to an object; see exitledger-advise(1) */
void render_advice_json(struct json_writer *json, const struct advice *advice);

#endif /* EXITLEDGER_RENDER_ADVICE_H */
