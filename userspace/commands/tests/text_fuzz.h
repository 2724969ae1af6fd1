/* SPDX-License-Identifier: GPL-2.0-only */
/* The common parts of text_fuzz's targets. */
#ifndef EXITLEDGER_TEXT_FUZZ_H
#define EXITLEDGER_TEXT_FUZZ_H

#include <stdbool.h>
#include <stddef.h>

/* A sound text, and a buffer for its damaged copy. */
struct text_input {
	char *sound;
	size_t size;
	char *text;
	size_t length; /* of @text */
};

/**
 * text_input_make - take over @sound; aborts if it is NULL or memory runs out
 */
void text_input_make(struct text_input *input, char *sound);
void text_input_free(struct text_input *input);

/**
 * text_damage - set input->text to the sound text with damage in a few places
 *
 * Changes bytes as in recorded runs, and makes changes that keep the syntax:
 * other numbers, and parts that are left out or duplicated.
 */
void text_damage(struct text_input *input);

/** text_fuzz_options - parse a random command line; false: it was refused */
bool text_fuzz_options(void);

/** text_fuzz_options_begin - prepare; call it once */
void text_fuzz_options_begin(void);

#endif /* EXITLEDGER_TEXT_FUZZ_H */
