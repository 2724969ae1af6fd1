/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text that others wrote (names of VMs and programs, commands, files of other
 * hosts, arguments) as it may be shown to people.
 *
 * Text is not safe where it is no UTF-8, or has control characters (C0, DEL,
 * C1), which a terminal obeys; characters that end a line; marks, overrides and
 * isolates of the writing direction, which let a line read as another one; and
 * characters that nobody sees, which let two names look the same.
 *
 * Each output has its own way to write what is not safe: here it becomes '?';
 * html.h writes U+FFFD; json_writer.h, json_save.h and CSV keep it, escaped or
 * quoted, as programs must get the true name.
 */
#ifndef EXITLEDGER_SAFE_TEXT_H
#define EXITLEDGER_SAFE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A text that is no longer than it was; a longer one is cut at its end. */
struct safe_text {
	char s[640];
};

/** safe_code - may this code point be shown as it is? */
bool safe_code(uint32_t code);

/**
 * safe_character - the character at the start of some bytes
 *
 * Returns how many bytes it has, or 0 if it may not be shown as it is.
 */
size_t safe_character(const char *text, size_t size);

/** safe_is_line - is all of a string safe, and so a single line? */
bool safe_is_line(const char *text);

/**
 * safe_copy - copy up to @length bytes, or to a NUL, as safe text
 * @to: filled in, may be @from; a longer text is cut between characters
 * @size: of @to, at least 1
 *
 * Returns the length of @to.
 */
size_t safe_copy(const char *from, size_t length, char *to, size_t size);

/** safe_text - a string as safe text */
struct safe_text safe_text(const char *text);

/** safe_put - write a string as safe text, whatever its length is */
void safe_put(const char *text, FILE *out);

/**
 * safe_short - safe text in at most so many columns of a terminal
 * @columns: at least 4
 *
 * A longer text is cut in its middle, as names often differ at their end.
 */
struct safe_text safe_short(const char *text, size_t columns);

/**
 * safe_name - a VM's name where nothing else on the line tells VMs apart
 *
 * As safe_short(), but a name that is cut has "#" and the @pid at its end, and
 * is the pid alone where there is no room for more.
 */
struct safe_text safe_name(const char *name, uint32_t pid, size_t columns);

/**
 * safe_title - a line that names a VM: "VM web1, pid 7, 2 vCPUs"
 * @before: the name
 * @after: it: what else is said of the VM
 *
 * Where that is wider than 80 columns, the name has a line of its own.
 */
void safe_title(const char *before, const char *name, const char *after,
		FILE *out);

#endif /* EXITLEDGER_SAFE_TEXT_H */
