// SPDX-License-Identifier: GPL-2.0-only
/* Reads the file that describes a numbering: exitledger-leaves(5). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit_leaves.h"
#include "ledger/numbering.h"
#include "lib/safe_text.h"

static const char blanks[] = " \t\n";

static const struct {
	const char *word;
	uint32_t leaf;
} tells[] = {
	{ "exits", EXIT_LEAF_EXITS },
	{ "cycles", EXIT_LEAF_CYCLES },
	{ "reason-exits", EXIT_LEAF_REASON_EXITS },
	{ "reason-cycles", EXIT_LEAF_REASON_CYCLES },
	{ "info", EXIT_LEAF_INFO },
};

static const char *const register_words[] = { "eax", "ebx", "ecx", "edx" };
static const char *const others_words[] = { "any", "zero", "gaps" };

/* Returns the word's place among @nr words, or @nr. */
static size_t find_word(const char *word, const char *const *words, size_t nr)
{
	size_t i;

	for (i = 0; i < nr && strcmp(word, words[i]); i++)
		;
	return i;
}

static int parse_number(const char *word, uint32_t *number)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(word, &end, 0);
	if (end == word || *end || errno || value > UINT32_MAX ||
	    strchr(word, '-'))
		return -EINVAL;
	*number = value;
	return 0;
}

/* Cut "name=value" in two; returns the value, or NULL if there is no "=". */
static char *cut(char *word)
{
	char *sign = strchr(word, '=');

	if (!sign)
		return NULL;
	*sign = '\0';
	return sign + 1;
}

/* Parse low=REGISTER, high=REGISTER or others=WORD. */
static int parse_part(char *word, struct numbering_leaf *leaf, struct why *why)
{
	const size_t nr_others = sizeof(others_words) / sizeof(*others_words);
	const char *value = cut(word);
	size_t found;

	if (!value)
		return why_set(why, EINVAL, "'%s' has no =", safe_text(word).s);
	if (!strcmp(word, "others")) {
		found = find_word(value, others_words, nr_others);
		if (found == nr_others)
			return why_set(
				why, EINVAL,
				"others= takes any, zero or gaps, not '%s'",
				safe_text(value).s);
		leaf->others = found;
		return 0;
	}
	found = find_word(value, register_words, NUMBERING_REGISTERS);
	if (found == NUMBERING_REGISTERS)
		return why_set(why, EINVAL, "'%s' is no register",
			       safe_text(value).s);
	if (!strcmp(word, "low"))
		leaf->low = found;
	else if (!strcmp(word, "high"))
		leaf->high = found;
	else
		return why_set(why, EINVAL,
			       "a leaf has low=, high= and others=, not '%s'",
			       safe_text(word).s);
	return 0;
}

static int parse_tells(const char *word, struct numbering_leaf *leaf)
{
	for (size_t i = 0; word && i < sizeof(tells) / sizeof(*tells); i++) {
		if (!strcmp(word, tells[i].word)) {
			leaf->tells = tells[i].leaf;
			return 0;
		}
	}
	return -EINVAL;
}

/* Add a leaf, unless another one has its number, or tells the same. */
static int add_leaf(struct numbering *numbering,
		    const struct numbering_leaf *leaf, struct why *why)
{
	const bool is_first = !numbering->nr;
	uint32_t first = is_first ? leaf->number : numbering->first;
	uint32_t last = is_first ? leaf->number : numbering->last;

	if (numbering_find(numbering, leaf->number) ||
	    numbering_tells(numbering, leaf->tells))
		return why_set(
			why, EINVAL,
			"another leaf has this number, or tells the same");
	if (numbering->nr == NUMBERING_LEAVES)
		return why_set(why, EINVAL, "there are more than %d leaves",
			       NUMBERING_LEAVES);
	if (leaf->number < first)
		first = leaf->number;
	if (leaf->number > last)
		last = leaf->number;
	if (last - first >= NUMBERING_SPAN)
		return why_set(why, EINVAL, "leaves must be less than %d apart",
			       NUMBERING_SPAN);
	numbering->first = first;
	numbering->last = last;
	numbering->leaf[numbering->nr++] = *leaf;
	return 0;
}

static int parse_leaf(char **rest, struct numbering *numbering, struct why *why)
{
	struct numbering_leaf leaf = { .low = NUMBERING_NONE,
				       .high = NUMBERING_NONE };
	const char *word = strtok_r(NULL, blanks, rest);
	char *part;
	int r = 0;

	if (!word || parse_number(word, &leaf.number))
		return why_set(why, EINVAL, "a leaf begins with its number");
	if (parse_tells(strtok_r(NULL, blanks, rest), &leaf))
		return why_set(
			why, EINVAL,
			"a leaf tells exits, cycles, reason-exits, reason-cycles or info");
	while (!r && (part = strtok_r(NULL, blanks, rest)))
		r = parse_part(part, &leaf, why);
	if (!r && leaf.tells != EXIT_LEAF_INFO &&
	    (leaf.low == NUMBERING_NONE || leaf.low == leaf.high))
		return why_set(
			why, EINVAL,
			"a leaf needs low=, the register of the number's low half");
	return r ? r : add_leaf(numbering, &leaf, why);
}

/* Parse the registers of a special answer, such as "eax=0 edx=0xffffffff". */
static int parse_answer(char **rest, uint32_t registers[NUMBERING_REGISTERS],
			struct why *why)
{
	unsigned int seen = 0;
	char *word;

	while ((word = strtok_r(NULL, blanks, rest))) {
		const char *value = cut(word);
		size_t found =
			find_word(word, register_words, NUMBERING_REGISTERS);

		if (!value || found == NUMBERING_REGISTERS ||
		    parse_number(value, &registers[found]))
			return why_set(why, EINVAL,
				       "'%s' is no register with a value",
				       safe_text(word).s);
		seen |= 1u << found;
	}
	return seen == (1u << NUMBERING_REGISTERS) - 1 ?
		       0 :
		       why_set(why, EINVAL,
			       "give the values of all four registers");
}

static int parse_name(const char *rest, struct numbering *numbering,
		      struct why *why)
{
	size_t length;

	rest += strspn(rest, blanks);
	length = strcspn(rest, "\n");
	if (!length || length >= sizeof(numbering->name))
		return why_set(why, EINVAL, "a name has 1 to %zu bytes",
			       sizeof(numbering->name) - 1);
	memcpy(numbering->name, rest, length);
	numbering->name[length] = '\0';
	return 0;
}

static int parse_line(char *line, struct numbering *numbering,
		      unsigned int *answers, struct why *why)
{
	char *rest, *word = strtok_r(line, blanks, &rest);

	if (!word || *word == '#')
		return 0;
	if (!strcmp(word, "name"))
		return parse_name(rest, numbering, why);
	if (!strcmp(word, "leaf"))
		return parse_leaf(&rest, numbering, why);
	if (!strcmp(word, "undefined")) {
		*answers |= 1;
		return parse_answer(&rest, numbering->undefined, why);
	}
	if (!strcmp(word, "unhandled")) {
		*answers |= 2;
		return parse_answer(&rest, numbering->unhandled, why);
	}
	return why_set(why, EINVAL,
		       "a line begins with name, leaf, undefined or unhandled");
}

static int check_whole(const struct numbering *numbering, unsigned int answers,
		       struct why *why)
{
	if (!numbering->name[0])
		return why_set(why, EINVAL, "there is no line 'name'");
	if (!numbering_tells(numbering, EXIT_LEAF_EXITS) &&
	    !numbering_tells(numbering, EXIT_LEAF_REASON_EXITS))
		return why_set(why, EINVAL, "no leaf tells a number of exits");
	if (answers != 3)
		return why_set(
			why, EINVAL,
			"there must be a line 'undefined' and a line 'unhandled'");
	return 0;
}

static int load(FILE *file, struct numbering *numbering, struct why *why)
{
	struct why problem = { "" };
	unsigned int answers = 0;
	size_t number = 0;
	char line[256];
	int r = 0;

	while (!r && fgets(line, sizeof(line), file)) {
		number++;
		if (!strchr(line, '\n') && !feof(file))
			r = why_set(&problem, EINVAL, "the line is too long");
		else
			r = parse_line(line, numbering, &answers, &problem);
	}
	if (ferror(file))
		return why_set(why, EIO, "it cannot be read");
	if (r)
		return why_set(why, -r, "line %zu: %s", number, problem.text);
	return check_whole(numbering, answers, why);
}

int numbering_load(const char *path, struct numbering *numbering,
		   struct why *why)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	struct why problem = { "" };
	int r;

	*numbering = (struct numbering){ .nr = 0 };
	if (!file)
		return why_set(why, errno, "%s: %s", safe_text(path).s,
			       strerror(errno));
	r = load(file, numbering, &problem);
	if (file != stdin)
		fclose(file);
	return r ? why_set(why, -r, "%s: %s", safe_text(path).s, problem.text) :
		   0;
}
