/* SPDX-License-Identifier: GPL-2.0-only */
/* The common parts of text_fuzz's targets. */
#ifndef EXITLEDGER_TEXT_FUZZ_H
#define EXITLEDGER_TEXT_FUZZ_H

#include <stdbool.h>
#include <stddef.h>

/* A text that is sound, and room for one with damage. */
struct text_input {
	char *sound;
	size_t size;
	char *text;
	size_t length; /* of @text */
};

/** text_input_make - of a text that is taken, or NULL; aborts without memory */
void text_input_make(struct text_input *input, char *sound);
void text_input_free(struct text_input *input);

/**
 * text_damage - make input->text of the sound one, with damage in a few places
 *
 * Bytes as in recorded runs; and what keeps the syntax: other numbers, parts
 * that are left out, or there twice.
 */
void text_damage(struct text_input *input);

/** text_fuzz_options - a command line; false: it was refused */
bool text_fuzz_options(void);

/** text_fuzz_options_begin - once, before it */
void text_fuzz_options_begin(void);

#endif /* EXITLEDGER_TEXT_FUZZ_H */
