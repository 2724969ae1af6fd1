// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/reason_names.h"
#include "ledger/reason_parse.h"
#include "ledger/reasons.h"
#include "lib/near.h"

#define NAME NEAR_LENGTH

/* Write a name as in the tables: upper case, with underscores, cut to NAME. */
static void normalize(const char *text, char name[NAME])
{
	size_t i;

	for (i = 0; i < NAME - 1 && text[i]; i++)
		name[i] = text[i] == '-' || text[i] == ' ' ?
				  '_' :
				  toupper((unsigned char)text[i]);
	name[i] = '\0';
}

static const struct exit_reason *find(uint32_t isa, const char *name)
{
	const struct exit_reason *known;
	size_t nr;

	known = exit_reasons(isa, &nr);
	for (size_t i = 0; i < nr; i++) {
		if (!strcmp(known[i].name, name))
			return &known[i];
	}
	return NULL;
}

/* Add those of an ISA's names that are similar to what was typed. */
static void suggest(uint32_t isa, const char *name, struct near *near)
{
	const struct exit_reason *known;
	size_t nr;

	known = exit_reasons(isa, &nr);
	for (size_t i = 0; i < nr; i++)
		near_add(near, name, known[i].name);
}

/*
 * Refuse a name of another vendor's exit reason, and tell what this ISA calls
 * the reason, if it has it.
 */
static int other(uint32_t isa, const char *text, const char *name, uint32_t of,
		 struct why *why)
{
	const char *vendor = isa_find(isa)->vendor;
	const char *ours = reason_name_other(isa, name, of);

	/*
	 * Both vendors have a reason of this name; only the prefix was the
	 * other vendor's.
	 */
	if (!ours && find(isa, name))
		ours = name;
	if (!ours)
		return why_set(
			why, EINVAL,
			"'%s' is an exit reason of %s's processors, and %s's have none like it",
			text, isa_find(of)->vendor, vendor);
	return why_set(
		why, EINVAL,
		"'%s' is an exit reason of %s's processors; %s's have %s", text,
		isa_find(of)->vendor, vendor, ours);
}

/*
 * Refuse an unknown name, and suggest similar ones.  @of: EXIT_LEAF_ISA_* to
 * which its prefix belongs; 0: it has none
 */
static int unknown(uint32_t isa, const char *text, const char *name,
		   uint32_t of, struct why *why)
{
	struct near near = { .nr = 0 };
	char names[256];

	for (size_t i = 0; isa_table[i]; i++) {
		const uint32_t each = isa_table[i]->id;

		if ((!isa || each == isa) && (!of || each == of))
			suggest(each, name, &near);
	}
	near_list(&near, "", names, sizeof(names));
	return why_set(why, EINVAL, "there is no exit reason '%s'%s%s; %s%s%s",
		       text, isa ? " in the table of " : "",
		       isa ? exit_isa_name(isa) : "",
		       near.nr ?
			       "did you mean " :
			       "give a name as the table shows it, or a number",
		       names, near.nr ? "?" : "");
}

/* Accept decimal numbers, and hexadecimal ones with 0x.  072 is not octal. */
static bool is_number(const char *text, uint32_t *reason)
{
	const bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	unsigned long long number;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	number = strtoull(text, &end, hex ? 16 : 10);
	*reason = number;
	return !errno && !*end && number <= UINT32_MAX;
}

static int parse_name(uint32_t isa, const char *text, uint32_t *reason,
		      struct why *why)
{
	const struct exit_reason *found = NULL;
	char name[NAME], plain[NAME];
	uint32_t of = 0, theirs = 0;

	normalize(text, name);
	reason_name_plain(name, &of, plain, sizeof(plain));
	for (size_t i = 0; isa_table[i]; i++) {
		const uint32_t each = isa_table[i]->id;

		if (isa && each != isa) {
			if (!theirs && find(each, plain))
				theirs = each;
		} else if (!found && (!of || of == each)) {
			found = find(each, plain);
		}
	}
	if (found) {
		*reason = found->code;
		return 0;
	}
	return theirs ? other(isa, text, plain, theirs, why) :
			unknown(isa, text, plain, of, why);
}

int reason_parse(uint32_t isa, const char *text, uint32_t *reason,
		 struct why *why)
{
	return is_number(text, reason) ? 0 : parse_name(isa, text, reason, why);
}
