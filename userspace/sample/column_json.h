/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_COLUMN_JSON_H
#define EXITLEDGER_COLUMN_JSON_H

#include "lib/json_writer.h"
#include "sample/columns.h"

/**
 * column_json_put - write a row's value in a column as a member of an object
 *
 * The member has the column's field as its name and is of the type that the
 * column's unit demands.  Nothing is written if the row has no value.
 */
void column_json_put(struct json_writer *json, enum column_id id,
		     const struct row *row);

#endif /* EXITLEDGER_COLUMN_JSON_H */
