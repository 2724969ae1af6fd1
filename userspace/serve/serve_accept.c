// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "serve/serve_accept.h"

#define QUALITY_MAX 1000 /* "q=1", in thousandths */

/* A part of a header, without spaces at its ends. */
struct part {
	const char *s;
	size_t length;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static bool part_is(struct part part, const char *word)
{
	return part.length == strlen(word) &&
	       !strncasecmp(part.s, word, part.length);
}

/*
 * Take the part before the next separator; separators within quotes do not
 * count.  Returns false if nothing is left.
 */
static bool next_part(struct part *rest, char separator, struct part *part)
{
	bool quoted = false;
	size_t i;

	if (!rest->length)
		return false;
	for (i = 0; i < rest->length; i++) {
		if (quoted && rest->s[i] == '\\' && i + 1 < rest->length)
			i++;
		else if (rest->s[i] == '"')
			quoted = !quoted;
		else if (rest->s[i] == separator && !quoted)
			break;
	}
	*part = (struct part){ rest->s, i };
	i += i < rest->length;
	*rest = (struct part){ rest->s + i, rest->length - i };
	while (part->length && is_space(*part->s))
		*part = (struct part){ part->s + 1, part->length - 1 };
	while (part->length && is_space(part->s[part->length - 1]))
		part->length--;
	return true;
}

/* Get the value if @part is "NAME=VALUE" with this name. */
static bool value_of(struct part part, const char *name, struct part *value)
{
	size_t length = strlen(name);

	if (part.length <= length || part.s[length] != '=' ||
	    strncasecmp(part.s, name, length) != 0)
		return false;
	*value = (struct part){ part.s + length + 1, part.length - length - 1 };
	if (value->length >= 2 && *value->s == '"' &&
	    value->s[value->length - 1] == '"')
		*value = (struct part){ value->s + 1, value->length - 2 };
	return true;
}

/*
 * Returns a number such as "0.25" in thousandths; or 0, which means that an
 * element is unwanted, if the number is invalid.
 */
static unsigned int quality_of(struct part part)
{
	unsigned int quality = 0, digit = QUALITY_MAX;

	if (!part.length || part.length > 5 || *part.s < '0' || *part.s > '1')
		return 0;
	for (size_t i = 0; i < part.length; i++) {
		char c = part.s[i];

		if (i == 1 && c != '.')
			return 0;
		if (i == 1)
			continue;
		if (c < '0' || c > '9')
			return 0;
		quality += (c - '0') * digit;
		digit /= 10;
	}
	return quality > QUALITY_MAX ? 0 : quality;
}

/* An element of a header's list: its name, its quality, and its version. */
struct element {
	struct part name;
	unsigned int quality;
	struct part version; /* empty if none is given */
};

static bool next_element(struct part *list, struct element *element)
{
	struct part whole, parameter, value;

	if (!next_part(list, ',', &whole))
		return false;
	*element = (struct element){ .quality = QUALITY_MAX };
	next_part(&whole, ';', &element->name);
	while (next_part(&whole, ';', &parameter)) {
		if (value_of(parameter, "q", &value))
			element->quality = quality_of(value);
		else if (value_of(parameter, "version", &value))
			element->version = value;
	}
	return true;
}

static bool has_version(const struct element *element, const char *version)
{
	return !element->version.length || part_is(element->version, version);
}

enum serve_format serve_accept_format(const char *accept)
{
	struct part list = { accept, accept ? strlen(accept) : 0 };
	unsigned int open = 0, plain = 0;
	struct element element;

	while (next_element(&list, &element)) {
		if (part_is(element.name, "application/openmetrics-text") &&
		    has_version(&element, "1.0.0") && element.quality > open)
			open = element.quality;
		if (part_is(element.name, "text/plain") &&
		    has_version(&element, "0.0.4") && element.quality > plain)
			plain = element.quality;
	}
	return open && open >= plain ? SERVE_OPENMETRICS : SERVE_PROMETHEUS;
}

bool serve_accept_gzip(const char *encoding)
{
	struct part list = { encoding, encoding ? strlen(encoding) : 0 };
	struct element element;
	bool any = false;

	while (next_element(&list, &element)) {
		if (part_is(element.name, "gzip") ||
		    part_is(element.name, "x-gzip"))
			return element.quality;
		if (part_is(element.name, "*"))
			any = element.quality;
	}
	return any;
}
