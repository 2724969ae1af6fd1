// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "ledger/reason_text.h"
#include "ledger/reasons.h"

/* Write "0x" and at least @digits digits; returns the length. */
static size_t put_hex(char *out, uint32_t number, size_t digits)
{
	size_t length = 2;

	while (digits < 8 && number >> (4 * digits))
		digits++;
	out[0] = '0';
	out[1] = 'x';
	while (digits--)
		out[length++] = "0123456789abcdef"[number >> (4 * digits) & 15];
	return length;
}

struct text exit_reason_text(uint32_t isa, uint32_t reason)
{
	const struct exit_reason *known = exit_reason_find(isa, reason);
	struct text text;
	size_t length;

	if (!known) {
		strcpy(text.s, "UNKNOWN(");
		text.length = 8 + put_hex(text.s + 8, reason, 1);
		text.s[text.length++] = ')';
		text.s[text.length] = '\0';
		return text;
	}
	length = put_hex(text.s, reason, 3);
	text.s[length++] = ' ';
	for (size_t i = 0; i < 24 && known->name[i]; i++)
		text.s[length++] = known->name[i];
	text.s[length] = '\0';
	text.length = length;
	return text;
}
