/* SPDX-License-Identifier: GPL-2.0-only */
/* Renders the diagnosis of a host as text and as JSON. */
#ifndef EXITLEDGER_RENDER_DOCTOR_H
#define EXITLEDGER_RENDER_DOCTOR_H

#include <stdio.h>

#include "host/doctor.h"

/**
 * render_doctor_text - write a line per finding with its advice below, and a
 *	summary
 * @colour: use the colours of a terminal
 */
void render_doctor_text(const struct diagnosis *diagnosis,
			const struct host_facts *facts, bool colour, FILE *out);

/** render_doctor_json - write one JSON object in one line */
void render_doctor_json(const struct diagnosis *diagnosis,
			const struct host_facts *facts, FILE *out);

#endif /* EXITLEDGER_RENDER_DOCTOR_H */
