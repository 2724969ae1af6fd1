/* SPDX-License-Identifier: GPL-2.0-only */
/* A diagnosis of a host: for people, and for programs. */
#ifndef EXITLEDGER_RENDER_DOCTOR_H
#define EXITLEDGER_RENDER_DOCTOR_H

#include <stdio.h>

#include "host/doctor.h"

/**
 * render_doctor_text - a line per finding, what to do below it, and the upshot
 * @colour: for a terminal that has colours
 */
void render_doctor_text(const struct diagnosis *diagnosis,
			const struct host_facts *facts, bool colour, FILE *out);

/** render_doctor_json - one object, in a line */
void render_doctor_json(const struct diagnosis *diagnosis,
			const struct host_facts *facts, FILE *out);

#endif /* EXITLEDGER_RENDER_DOCTOR_H */
