// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "run_fuzz_random.h"
#include "text_fuzz.h"

#define PLACES 4 /* damaged places, at most */
#define PART 200 /* bytes that are moved, at most */
#define GROWTH (PLACES * (PART + 32))

void text_input_make(struct text_input *input, char *sound)
{
	if (!sound)
		abort();
	input->sound = sound;
	input->size = strlen(sound);
	input->text = malloc(input->size + GROWTH + 1);
	if (!input->text)
		abort();
}

void text_input_free(struct text_input *input)
{
	free(input->sound);
	free(input->text);
}

static void replace(struct text_input *input, size_t at, size_t old,
		    const char *with, size_t size)
{
	memmove(input->text + at + size, input->text + at + old,
		input->length - at - old);
	memcpy(input->text + at, with, size);
	input->length += size - old;
}

/* Replace the next number at or after @at by another one. */
static void other_number(struct text_input *input, size_t at)
{
	static const char *const numbers[] = {
		"0",
		"1",
		"-1",
		"2147483647",
		"2147483648",
		"4294967295",
		"4294967296",
		"9223372036854775807",
		"9223372036854775808",
		"1e308",
		"0.5",
		"true",
		"null",
		"[]",
		"{}",
		"\"\"",
		"1342177279",
	};
	const char *number = numbers[any(sizeof(numbers) / sizeof(numbers[0]))];
	size_t length = 0;

	while (at < input->length && !isdigit((unsigned char)input->text[at]))
		at++;
	while (at + length < input->length &&
	       isdigit((unsigned char)input->text[at + length]))
		length++;
	replace(input, at, length, number, strlen(number));
}

static void damage_once(struct text_input *input)
{
	const size_t at = any(input->length);
	size_t size = 1 + any(PART);
	char part[PART];

	if (size > input->length - at)
		size = input->length - at;
	switch (any(8)) {
	case 0: /* leave it out */
		replace(input, at, size, "", 0);
		break;
	case 1: /* duplicate it */
		memcpy(part, input->text + at, size);
		replace(input, at, 0, part, size);
		break;
	case 2: /* truncate the text, but seldom */
		if (!any(8))
			input->length = at + 1;
		break;
	case 3:
	case 4:
		input->text[at] = (char)damaged((uint8_t)input->text[at]);
		break;
	default:
		other_number(input, at);
	}
	if (!input->length)
		replace(input, 0, 0, "{", 1);
}

void text_damage(struct text_input *input)
{
	memcpy(input->text, input->sound, input->size);
	input->length = input->size;
	/*
	 * Mostly damage one place: with many, the first refusal hides the
	 * others.
	 */
	for (uint64_t i = any(2) ? PLACES - 1 : any(PLACES); i < PLACES; i++)
		damage_once(input);
}
