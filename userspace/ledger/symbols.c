// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/symbols.h"
#include "lib/safe_text.h"

/*
 * A line's largest size.  The kernel's names have up to 511 bytes, and a
 * module's up to 55.
 */
#define LINE_MAX_SIZE 1024

/*
 * /proc/kallsyms does not tell where symbols end.  A symbol ends where the next
 * one begins.  If the next one is not of the same module, there may be anything
 * between, so the symbol ends at the end of the page after its own.
 */
#define PAGE_BYTES 4096ull

/* A symbol while the file is read. */
struct entry {
	uint64_t address;
	size_t name; /* as in struct symbol */
	size_t module; /* offset in text; 0: none */
	size_t line;
	char type;
};

struct reading {
	struct symbols *symbols;
	struct entry *entry;
	size_t nr, room;
	size_t module; /* the last one, as it is that of many lines */
	size_t code; /* lines about code */
	bool addresses; /* true if any address is not 0 */
};

/* Append a name to the text, and set @at to its place. */
static int add_text(struct symbols *symbols, const char *name, size_t *at)
{
	const size_t length = strlen(name);
	char *text = symbols->text;

	if (symbols->size - symbols->length < length + 1) {
		const size_t size = 2 * symbols->size + length + 1;

		text = realloc(text, size);
		if (!text)
			return -ENOMEM;
		symbols->text = text;
		symbols->size = size;
	}
	*at = symbols->length;
	symbols->length += safe_copy(name, length, text + *at, length + 1) + 1;
	return 0;
}

static bool is_code(char type)
{
	return strchr("tTwW", type);
}

/* Cut a word from a line; returns NULL if there is none. */
static char *next_word(char **rest)
{
	char *word;

	*rest += strspn(*rest, " \t");
	word = *rest;
	*rest += strcspn(*rest, " \t");
	if (**rest)
		*(*rest)++ = '\0';
	return *word ? word : NULL;
}

static bool parse_address(const char *word, uint64_t *address)
{
	char *end;

	errno = 0;
	*address = strtoull(word, &end, 16);
	return isxdigit((unsigned char)*word) && !*end && !errno;
}

/*
 * Parse "ADDRESS TYPE NAME [MODULE]".  Returns 0, -EINVAL, or -ENOMEM.
 */
static int parse_line(struct reading *reading, char *line, struct entry *entry)
{
	struct symbols *symbols = reading->symbols;
	char *address = next_word(&line), *type = next_word(&line);
	char *name = next_word(&line), *module = next_word(&line);
	int r = 0;

	if (!name || strlen(type) != 1 ||
	    !parse_address(address, &entry->address) || next_word(&line))
		return -EINVAL;
	entry->type = *type;
	if (is_code(*type))
		r = add_text(symbols, name, &entry->name);
	if (!r && module) {
		if (!reading->module ||
		    strcmp(symbols->text + reading->module, module))
			r = add_text(symbols, module, &reading->module);
		entry->module = reading->module;
	}
	return r;
}

static int add_entry(struct reading *reading, const struct entry *entry)
{
	struct entry *more = reading->entry;

	if (reading->nr == reading->room) {
		const size_t room = 2 * reading->room + 1024;

		more = reallocarray(more, room, sizeof(*more));
		if (!more)
			return -ENOMEM;
		reading->entry = more;
		reading->room = room;
	}
	reading->entry[reading->nr++] = *entry;
	reading->addresses |= entry->address;
	reading->code += !!entry->name;
	return 0;
}

static int read_lines(struct reading *reading, FILE *file, const char *path,
		      struct why *why)
{
	char line[LINE_MAX_SIZE];

	for (size_t nr = 1; fgets(line, sizeof(line), file); nr++) {
		struct entry entry = { .line = nr };
		char *end = strchr(line, '\n');
		int r;

		/* The last line may have no newline; any other one has. */
		if (end)
			*end = '\0';
		r = !end && !feof(file) ? -EINVAL :
					  parse_line(reading, line, &entry);
		if (!r)
			r = add_entry(reading, &entry);
		if (r == -EINVAL)
			return why_set(
				why, EINVAL,
				"%s: line %zu is not as in /proc/kallsyms: ADDRESS TYPE NAME [MODULE]",
				safe_text(path).s, nr);
		if (r)
			return why_set(why, ENOMEM, "out of memory");
	}
	if (ferror(file))
		return why_set(why, errno, "%s: %s", safe_text(path).s,
			       strerror(errno));
	return 0;
}

/*
 * Which of two symbols at one address is shown?  One that is code, then one
 * that is known to the whole kernel, then the one that the file has first.
 */
static int by_address(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	if (!x->name != !y->name)
		return x->name ? -1 : 1;
	if ((x->type == 'T') != (y->type == 'T'))
		return x->type == 'T' ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

static uint64_t end_of(const struct entry *entry, const struct entry *next)
{
	const uint64_t page = entry->address & ~(PAGE_BYTES - 1);
	const uint64_t end = page > UINT64_MAX - 2 * PAGE_BYTES ?
				     UINT64_MAX :
				     page + 2 * PAGE_BYTES;

	if (!next)
		return end;
	if (next->module == entry->module || next->address < end)
		return next->address;
	return end;
}

/* Keep one symbol per address. */
static int keep(const struct reading *reading)
{
	struct symbols *symbols = reading->symbols;
	const struct entry *entry = reading->entry;

	symbols->symbol = calloc(reading->nr, sizeof(*symbols->symbol));
	if (!symbols->symbol)
		return -ENOMEM;
	for (size_t i = 0, next; i < reading->nr; i = next) {
		for (next = i + 1; next < reading->nr &&
				   entry[next].address == entry[i].address;
		     next++)
			;
		symbols->symbol[symbols->nr++] = (struct symbol){
			.address = entry[i].address,
			.end = end_of(&entry[i],
				      next < reading->nr ? &entry[next] : NULL),
			.name = entry[i].name,
		};
	}
	return 0;
}

static int finish(struct reading *reading, const char *path, struct why *why)
{
	if (!reading->code)
		return why_set(why, EINVAL, "%s: no function is in it",
			       safe_text(path).s);
	if (!reading->addresses)
		return why_set(
			why, EINVAL,
			"%s: all addresses are 0, as the guest hides them: write it as root, with 'exitleaf --symbols'",
			safe_text(path).s);
	qsort(reading->entry, reading->nr, sizeof(*reading->entry), by_address);
	return keep(reading) ? why_set(why, ENOMEM, "out of memory") : 0;
}

int symbols_load(struct symbols *symbols, const char *path, struct why *why)
{
	struct reading reading = { .symbols = symbols };
	size_t none;
	FILE *file;
	int r;

	*symbols = (struct symbols){ .nr = 0 };
	file = fopen(path, "re");
	if (!file)
		return why_set(why, errno, "%s: %s", safe_text(path).s,
			       strerror(errno));
	/* The text's offset 0 means none. */
	r = add_text(symbols, "", &none);
	if (r)
		why_set(why, ENOMEM, "out of memory");
	if (!r)
		r = read_lines(&reading, file, path, why);
	if (!r)
		r = finish(&reading, path, why);
	fclose(file);
	free(reading.entry);
	if (r)
		symbols_free(symbols);
	return r;
}

const char *symbols_find(const struct symbols *symbols, uint64_t address,
			 uint64_t *offset)
{
	const struct symbol *found;
	size_t low = 0, high = symbols->nr;

	while (low < high) {
		const size_t mid = (low + high) / 2;

		if (symbols->symbol[mid].address <= address)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return NULL;
	found = &symbols->symbol[low - 1];
	if (!found->name || address >= found->end)
		return NULL;
	*offset = address - found->address;
	return symbols->text + found->name;
}

void symbols_free(struct symbols *symbols)
{
	free(symbols->symbol);
	free(symbols->text);
	*symbols = (struct symbols){ .nr = 0 };
}
