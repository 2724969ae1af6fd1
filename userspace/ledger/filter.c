// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/filter.h"
#include "lib/format.h"
#include "lib/safe_text.h"

/* How many VMs the message names if no VM has the wanted name. */
#define SEEN 5
#define NAME_SHOWN 40 /* columns of each VM's name */

int filter_add_vm(struct filter *filter, const char *name)
{
	const char **grown;

	grown = reallocarray(filter->vm, filter->nr_vms + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	filter->vm = grown;
	filter->vm[filter->nr_vms++] = name;
	return 0;
}

int filter_add_number(struct filter_numbers *numbers, uint32_t number)
{
	uint32_t *grown;

	grown = reallocarray(numbers->number, numbers->nr + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	numbers->number = grown;
	numbers->number[numbers->nr++] = number;
	return 0;
}

static bool contains(const struct filter_numbers *numbers, uint32_t number)
{
	for (size_t i = 0; i < numbers->nr; i++) {
		if (numbers->number[i] == number)
			return true;
	}
	return false;
}

bool filter_has_number(const struct filter_numbers *numbers, uint32_t number)
{
	return !numbers->nr || contains(numbers, number);
}

/*
 * A name matches itself, even if it has characters that are special in a
 * pattern.
 */
static bool name_matches(const char *wanted, const char *name)
{
	return !strcmp(wanted, name) || !fnmatch(wanted, name, 0);
}

bool filter_has_vm(const struct filter *filter, const struct ledger_vm *vm)
{
	if (!filter->nr_vms && !filter->pids.nr)
		return true;
	for (size_t i = 0; i < filter->nr_vms; i++) {
		if (name_matches(filter->vm[i], vm->name))
			return true;
	}
	return contains(&filter->pids, vm->pid);
}

static void say_unmatched(const struct ledger *ledger, const char *option,
			  const char *wanted, struct why *line)
{
	/*
	 * A name of NAME_SHOWN columns may have more bytes: a character has up
	 * to four, and combining marks have no columns.
	 */
	char seen[SEEN * sizeof(struct safe_text)] = "none";
	size_t length = 0;

	for (size_t i = 0; i < ledger->nr_vms && i < SEEN; i++)
		length += snprintf(seen + length, sizeof(seen) - length,
				   "%s%s (pid %u)", i ? ", " : "",
				   safe_short(ledger->vm[i].name, NAME_SHOWN).s,
				   ledger->vm[i].pid);
	if (ledger->nr_vms > SEEN)
		snprintf(seen + length, sizeof(seen) - length, " and %zu more",
			 ledger->nr_vms - SEEN);
	why_set(line, 0, "no VM matched --%s '%s'; VMs seen: %s", option,
		safe_short(wanted, NAME_SHOWN).s, seen);
}

static bool name_was_seen(const struct ledger *ledger, const char *wanted)
{
	for (size_t i = 0; i < ledger->nr_vms; i++) {
		if (name_matches(wanted, ledger->vm[i].name))
			return true;
	}
	return false;
}

static bool pid_was_seen(const struct ledger *ledger, uint32_t pid)
{
	for (size_t i = 0; i < ledger->nr_vms; i++) {
		if (ledger->vm[i].pid == pid)
			return true;
	}
	return false;
}

size_t filter_unmatched(const struct filter *filter,
			const struct ledger *ledger, struct why *lines,
			size_t size)
{
	size_t nr = 0;

	for (size_t i = 0; i < filter->nr_vms; i++) {
		if (name_was_seen(ledger, filter->vm[i]))
			continue;
		if (nr < size)
			say_unmatched(ledger, "vm", filter->vm[i], &lines[nr]);
		nr++;
	}
	for (size_t i = 0; i < filter->pids.nr; i++) {
		char pid[16];

		if (pid_was_seen(ledger, filter->pids.number[i]))
			continue;
		snprintf(pid, sizeof(pid), "%u", filter->pids.number[i]);
		if (nr < size)
			say_unmatched(ledger, "pid", pid, &lines[nr]);
		nr++;
	}
	return nr;
}

static bool has_exits(const struct filter *filter,
		      const struct ledger_vcpu *vcpu)
{
	if (!filter_has_number(&filter->vcpus, vcpu->id))
		return false;
	if (!filter->reasons.nr)
		return vcpu->exits;
	for (size_t i = 0; i < vcpu->cells.nr; i++) {
		if (vcpu->cells.cell[i].times.exits &&
		    contains(&filter->reasons, vcpu->cells.cell[i].reason))
			return true;
	}
	return false;
}

bool filter_has_exits(const struct filter *filter, const struct ledger *ledger)
{
	for (size_t i = 0; i < ledger->nr_vms; i++) {
		const struct ledger_vm *vm = &ledger->vm[i];

		if (vm->number && !filter_has_vm(filter, vm))
			continue;
		for (size_t j = 0; j < vm->nr_vcpus; j++) {
			if (has_exits(filter, &vm->vcpu[j]))
				return true;
		}
	}
	return false;
}

/* A text under construction; it ends with "..." if it does not fit. */
struct description {
	char *text;
	size_t size;
	bool full;
};

__attribute__((format(printf, 2, 3))) static void append(struct description *to,
							 const char *fmt, ...)
{
	size_t length = strlen(to->text), needed, kept;
	va_list args;

	if (to->full)
		return;
	va_start(args, fmt);
	needed = vsnprintf(to->text + length, to->size - length, fmt, args);
	va_end(args);
	if (length + needed < to->size)
		return;
	to->full = true;
	/* Do not cut within a character. */
	kept = to->size - sizeof("...");
	while (kept && (to->text[kept] & 0xc0) == 0x80)
		kept--;
	strcpy(to->text + kept, "...");
}

void filter_describe(const struct filter *filter, char *text, size_t size)
{
	struct description to = { text, size, false };

	text[0] = '\0';
	for (size_t i = 0; i < filter->nr_vms; i++)
		append(&to, " --vm '%s'", filter->vm[i]);
	for (size_t i = 0; i < filter->pids.nr; i++)
		append(&to, " --pid %u", filter->pids.number[i]);
	for (size_t i = 0; i < filter->vcpus.nr; i++)
		append(&to, " --vcpu %u", filter->vcpus.number[i]);
	for (size_t i = 0; i < filter->reasons.nr; i++)
		append(&to, " --reason 0x%x", filter->reasons.number[i]);
	if (text[0])
		memmove(text, text + 1, strlen(text));
}

void filter_free(struct filter *filter)
{
	free(filter->vm);
	free(filter->pids.number);
	free(filter->vcpus.number);
	free(filter->reasons.number);
	memset(filter, 0, sizeof(*filter));
}
