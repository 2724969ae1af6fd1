/* SPDX-License-Identifier: GPL-2.0-only */
/* A diagnosis of a host: for people, and for programs. */
#ifndef EXITLEDGER_RENDER_DOCTOR_H
#define EXITLEDGER_RENDER_DOCTOR_H

#include <jansson.h>
#include <stdio.h>

#include "host/doctor.h"

/**
 * render_doctor_text - a line per finding, what to do below it, and the upshot
 * @colour: for a terminal that has colours
 */
void render_doctor_text(const struct diagnosis *diagnosis,
			const struct host_facts *facts, bool colour, FILE *out);

/** render_doctor_json - a new reference to one object, or NULL: no memory */
json_t *render_doctor_json(const struct diagnosis *diagnosis,
			   const struct host_facts *facts);

#endif /* EXITLEDGER_RENDER_DOCTOR_H */
