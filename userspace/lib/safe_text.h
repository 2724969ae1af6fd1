/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes text that others wrote (names of VMs and programs, commands, files of
 * other hosts, arguments) safe to show to people.
 *
 * Not safe are: bytes that are not UTF-8; control characters (C0, DEL, C1),
 * which a terminal executes; characters that end a line; marks, overrides and
 * isolates of the writing direction, which can disguise a line as another one;
 * and invisible characters, which make two names look the same.
 *
 * Each output replaces them in its own way: this file writes '?', and html.h
 * writes U+FFFD; json_writer.h, json_save.h and CSV keep them, escaped or
 * quoted, because programs need the true name.
 */
#ifndef EXITLEDGER_SAFE_TEXT_H
#define EXITLEDGER_SAFE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A safe text; it is cut at its end if the original does not fit. */
struct safe_text {
	char s[640];
};

/** safe_code - may this code point be shown as it is? */
bool safe_code(uint32_t code);

/**
 * safe_character - check the character at the start of @text
 * @size: the number of bytes in @text
 *
 * Returns the character's length in bytes, or 0 if it is not safe.
 */
size_t safe_character(const char *text, size_t size);

/** safe_is_line - are all characters of a string safe?  Then it is one line. */
bool safe_is_line(const char *text);

/**
 * safe_copy - copy up to @length bytes, or up to a NUL, as safe text
 * @to: may be @from; a text that does not fit is cut between characters
 * @size: of @to in bytes, at least 1
 *
 * Returns the length of @to.
 */
size_t safe_copy(const char *from, size_t length, char *to, size_t size);

/** safe_text - convert a string to safe text */
struct safe_text safe_text(const char *text);

/** safe_put - write a string of any length as safe text */
void safe_put(const char *text, FILE *out);

/**
 * safe_short - safe text in at most @columns columns of a terminal
 * @columns: at least 4
 *
 * A longer text is cut in its middle, as names often differ at their end.
 */
struct safe_text safe_short(const char *text, size_t columns);

/**
 * safe_name - a VM's name for lines that have nothing else to identify the VM
 *
 * This is safe_short(), but a name that is cut ends with "#" and the @pid; if
 * there is no room for that, the result is the pid alone.
 */
struct safe_text safe_name(const char *name, uint32_t pid, size_t columns);

/**
 * safe_title - write a line that names a VM: "VM web1, pid 7, 2 vCPUs"
 * @before: the text before the name
 * @after: the text after the name
 *
 * If the line would be wider than 80 columns, @after goes to a second line.  A
 * name that is too wide even then is cut in its middle.
 */
void safe_title(const char *before, const char *name, const char *after,
		FILE *out);

#endif /* EXITLEDGER_SAFE_TEXT_H */
