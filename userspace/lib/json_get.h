/* SPDX-License-Identifier: GPL-2.0-only */
/* Checked access to the members of a JSON object read from a file. */
#ifndef EXITLEDGER_JSON_GET_H
#define EXITLEDGER_JSON_GET_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/msg.h"

/**
 * json_load_path - read a file that is one JSON document
 * @path: "-" for standard input
 *
 * Returns a new reference, or NULL with @why filled in.
 */
json_t *json_load_path(const char *path, struct why *why);

/**
 * json_get_u64 - get a member that is a non-negative integer
 * @max: the greatest valid value
 *
 * Returns 0, or -EINVAL with @why filled in if the member is missing, is of
 * another type, or is above @max.  The functions below return the same.
 */
int json_get_u64(const json_t *object, const char *name, uint64_t max,
		 uint64_t *value, struct why *why);

int json_get_u32(const json_t *object, const char *name, uint32_t *value,
		 struct why *why);
int json_get_bool(const json_t *object, const char *name, bool *value,
		  struct why *why);

/** json_get_string - copy a string; it is an error if it does not fit */
int json_get_string(const json_t *object, const char *name, char *value,
		    size_t size, struct why *why);

/** json_get_array - get a borrowed reference to a member that is an array */
int json_get_array(const json_t *object, const char *name, json_t **array,
		   struct why *why);

/** json_get_format - check that a file has this "format" and "version" */
int json_get_format(const json_t *object, const char *format, uint32_t version,
		    struct why *why);

#endif /* EXITLEDGER_JSON_GET_H */
