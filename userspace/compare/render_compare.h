/* SPDX-License-Identifier: GPL-2.0-only */
/* Renders the result of a comparison, for people and for programs. */
#ifndef EXITLEDGER_RENDER_COMPARE_H
#define EXITLEDGER_RENDER_COMPARE_H

#include <stdio.h>

#include "balance/balance.h"
#include "lib/json_writer.h"

/**
 * render_compare_text - write the host, a statement per VM and the verdict, in
 *	80 columns
 * @color: mark the verdict with a colour
 *
 * Returns 0 or -ENOMEM.
 */
int render_compare_text(const struct books *books,
			const struct balance *balance, FILE *out, bool color);

/**
 * render_compare_json - write the member "result": the verdict, findings,
 *	statements
 * @context: the struct balance, for books_save()
 *
 * Returns 0 or -ENOMEM.
 */
int render_compare_json(struct json_writer *json, const struct books *books,
			const void *context);

/**
 * render_findings_json - write the member "findings": an array of the findings
 *	of a balance
 */
void render_findings_json(struct json_writer *json, const struct books *books,
			  const struct balance *balance);

/**
 * render_leaf_results - write the member "leaves": for each leaf and reason
 *	that guests have read, whether it is right, and both books' numbers
 *
 * Returns 0 or -ENOMEM.
 */
int render_leaf_results(struct json_writer *json, const struct books *books);

/** render_finding - write a finding as one line, without a newline */
void render_finding(const struct books *books, const struct finding *finding,
		    char *line, size_t size);

#endif /* EXITLEDGER_RENDER_COMPARE_H */
