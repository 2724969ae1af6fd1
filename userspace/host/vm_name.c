// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/vm_name.h"
#include "lib/safe_text.h"

/* The rest of a longer command line is ignored; libvirt's have about 10 KB. */
#define CMDLINE_MAX (1 << 20)

/* A part of another text; no NUL ends it. */
struct span {
	const char *s;
	size_t n;
};

static bool span_is(struct span span, const char *s)
{
	return span.n == strlen(s) && !memcmp(span.s, s, span.n);
}

static bool span_has(struct span span, const char *s)
{
	return memmem(span.s, span.n, s, strlen(s)) != NULL;
}

static struct span span_from(struct span span, size_t n)
{
	return (struct span){ span.s + n, span.n - n };
}

/* Copy a text; '?' replaces characters that are not safe. */
static void copy_text(struct span text, char *name, size_t size)
{
	if (!safe_copy(text.s, text.n, name, size))
		snprintf(name, size, "?");
}

/* Take the next word off a command line. */
static bool next_word(struct span *rest, struct span *word)
{
	size_t n = strnlen(rest->s, rest->n);

	if (!rest->n)
		return false;
	*word = (struct span){ rest->s, n };
	*rest = span_from(*rest, n < rest->n ? n + 1 : n);
	return true;
}

static struct span base_name(struct span path)
{
	const char *slash = memrchr(path.s, '/', path.n);

	return slash ? span_from(path, slash + 1 - path.s) : path;
}

/* Take the next key=value off a list; a comma in a value is written twice. */
static struct span next_item(struct span *rest)
{
	struct span item = { rest->s, 0 };

	while (item.n < rest->n) {
		if (item.s[item.n] == ',') {
			if (item.n + 1 == rest->n || item.s[item.n + 1] != ',')
				break;
			item.n++;
		}
		item.n++;
	}
	*rest = span_from(*rest, item.n < rest->n ? item.n + 1 : item.n);
	return item;
}

/*
 * Find the value of a key in a list.  If the key is missing and @bare is set,
 * take the first item, provided that it has no '='.  Fails if the value is
 * empty.
 */
static bool list_value(struct span list, const char *key, bool bare,
		       struct span *value)
{
	struct span found = { "", 0 };
	bool first = true;

	while (list.n) {
		struct span item = next_item(&list);
		const char *equals = memchr(item.s, '=', item.n);

		if (equals && (size_t)(equals - item.s) == strlen(key) &&
		    !memcmp(item.s, key, strlen(key)))
			found = span_from(item, equals + 1 - item.s);
		else if (first && bare && !equals)
			found = item;
		first = false;
	}
	*value = found;
	return found.n > 0;
}

/* Gets the VM's name from the value of a VMM's option. */
typedef bool take_fn(struct span value, char *name, size_t size);

static bool take_plain(struct span value, char *name, size_t size)
{
	copy_text(value, name, size);
	return value.n > 0;
}

/* QEMU: "NAME[,key=value…]", or "key=value,…" with guest=NAME among them. */
static bool take_qemu(struct span value, char *name, size_t size)
{
	char text[512];
	size_t n = 0;

	if (!list_value(value, "guest", true, &value))
		return false;
	for (size_t i = 0; i < value.n && n < sizeof(text); i++) {
		text[n++] = value.s[i];
		if (value.s[i] == ',')
			i++;
	}
	copy_text((struct span){ text, n }, name, size);
	return true;
}

/*
 * Cloud Hypervisor: the path of the API socket, or "path=PATH".  Hosts with
 * many VMs name the sockets after the VMs, or the sockets' folders, as Kata
 * does (/run/vc/vm/ID/clh-api.sock).
 */
static bool take_socket(struct span value, char *name, size_t size)
{
	struct span path, file;
	const char *dot;

	if (!list_value(value, "path", true, &path))
		return false;
	file = base_name(path);
	dot = memrchr(file.s, '.', file.n);
	if (span_is(file, "clh-api.sock") || span_is(file, "ch-api.sock") ||
	    span_is(file, "api.sock")) {
		path.n -= file.n;
		while (path.n && path.s[path.n - 1] == '/')
			path.n--;
		file = base_name(path);
	} else if (dot && dot > file.s) {
		file.n = dot - file.s;
	}
	copy_text(file, name, size);
	return file.n > 0;
}

static bool take_uuid(struct span value, char *name, size_t size)
{
	if (!list_value(value, "uuid", false, &value))
		return false;
	copy_text(value, name, size);
	return true;
}

/* The rows of a VMM are tried in order; the last row is for all other VMMs. */
static const struct {
	const char *program; /* a part of the program's base name */
	const char *option;
	take_fn *take;
} rules[] = {
	{ "firecracker", "id", take_plain },
	{ "cloud-hypervisor", "api-socket", take_socket },
	{ "cloud-hypervisor", "platform", take_uuid },
	{ "crosvm", "name", take_plain },
	{ "lkvm", "name", take_plain },
	{ "", "name", take_qemu },
};

/* Find an option's value: -OPTION VALUE, --OPTION VALUE or --OPTION=VALUE. */
static bool option_value(struct span words, const char *option,
			 struct span *value)
{
	size_t length = strlen(option);
	bool found = false;
	struct span word;

	while (next_word(&words, &word) && !span_is(word, "--")) {
		size_t dashes = 0;

		while (dashes < word.n && dashes < 2 && word.s[dashes] == '-')
			dashes++;
		if (!dashes || word.n - dashes < length ||
		    memcmp(word.s + dashes, option, length))
			continue;
		word = span_from(word, dashes + length);
		if (!word.n)
			found |= next_word(&words, value);
		else if (word.s[0] == '=') {
			*value = span_from(word, 1);
			found = true;
		}
	}
	return found;
}

void vm_name_parse(const char *cmdline, size_t length, char *name, size_t size)
{
	struct span words = { cmdline, length }, program = { "", 0 }, value;
	bool known = false;

	next_word(&words, &program);
	program = base_name(program);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (!span_has(program, rules[i].program) ||
		    (known && !rules[i].program[0]))
			continue;
		known = true;
		if (option_value(words, rules[i].option, &value) &&
		    rules[i].take(value, name, size))
			return;
	}
	copy_text(program, name, size);
}

/* Read a file of a process, up to CMDLINE_MAX bytes; NULL if it is empty. */
static char *read_proc(const char *proc, uint32_t pid, const char *file,
		       size_t *length)
{
	char path[4096], *text = NULL, *more;
	size_t room = 4096, got = 0;
	FILE *stream;

	snprintf(path, sizeof(path), "%s/%u/%s", proc, pid, file);
	stream = fopen(path, "re");
	if (!stream)
		return NULL;
	while (room <= CMDLINE_MAX && (more = realloc(text, room))) {
		text = more;
		got += fread(text + got, 1, room - got, stream);
		if (got < room)
			break;
		room *= 2;
	}
	fclose(stream);
	*length = got;
	if (!got) {
		free(text);
		return NULL;
	}
	return text;
}

void vm_name_at(const char *proc, uint32_t pid, char *name, size_t size)
{
	size_t length = 0;
	char *text;

	text = read_proc(proc, pid, "cmdline", &length);
	if (text) {
		vm_name_parse(text, length, name, size);
	} else {
		/* The command line of an ending process is empty. */
		text = read_proc(proc, pid, "comm", &length);
		if (text && text[length - 1] == '\n')
			length--;
		copy_text((struct span){ text ? text : "", length }, name,
			  size);
	}
	free(text);
}

void vm_name(uint32_t pid, char *name, size_t size)
{
	vm_name_at("/proc", pid, name, size);
}

void vm_facts_parse(const char *cmdline, size_t length, struct vm_facts *facts)
{
	struct span words = { cmdline, length }, program, uuid;

	memset(facts, 0, sizeof(*facts));
	if (!next_word(&words, &program))
		return;
	program = base_name(program);
	safe_copy(program.s, program.n, facts->program, sizeof(facts->program));
	if (option_value(words, "uuid", &uuid) ||
	    (option_value(words, "platform", &uuid) &&
	     list_value(uuid, "uuid", false, &uuid)))
		safe_copy(uuid.s, uuid.n, facts->uuid, sizeof(facts->uuid));
}

void vm_facts(uint32_t pid, struct vm_facts *facts)
{
	size_t length = 0;
	char *text = read_proc("/proc", pid, "cmdline", &length);

	vm_facts_parse(text ? text : "", length, facts);
	free(text);
}

void vm_name_clean(const char *bytes, size_t length, char *text, size_t size)
{
	copy_text((struct span){ bytes, length }, text, size);
}
