/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_JSON_TREE_H
#define EXITLEDGER_JSON_TREE_H

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/json_writer.h"

/**
 * JSON_TREE - write JSON, and read it with another library
 * @json: the name by which @write uses the struct json_writer
 * @write: writes a document
 *
 * Returns a new reference to the document, or NULL if it is no JSON.
 */
#define JSON_TREE(json, write)                                              \
	({                                                                  \
		char *text_of_tree = NULL;                                  \
		size_t size_of_text;                                        \
		struct json_writer json = {                                 \
			.out = open_memstream(&text_of_tree, &size_of_text) \
		};                                                          \
		json_t *tree;                                               \
                                                                            \
		write;                                                      \
		fclose(json.out);                                           \
		tree = json_loads(text_of_tree, 0, NULL);                   \
		free(text_of_tree);                                         \
		tree;                                                       \
	})

#endif /* EXITLEDGER_JSON_TREE_H */
