// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/host.h"
#include "host/pid_ns.h"
#include "run/run_info.h"
#include "run/run_schema.h"

enum kind { TEXT, U64, U32, BOOL };

static const struct field {
	const char *name;
	enum kind kind;
	size_t offset;
	size_t size; /* the size of a text */
	bool newer; /* true if older runs lack this row; the value is then 0 */
} fields[] = {
/* clang-format off */
#define TEXT_FIELD(name)                                \
	{ #name, TEXT, offsetof(struct run_info, name), \
	  sizeof(((struct run_info *)NULL)->name), false }
#define FIELD(kind, name)                               \
	{ #name, kind, offsetof(struct run_info, name), 0, false }
#define NEWER_FIELD(kind, name)                         \
	{ #name, kind, offsetof(struct run_info, name), 0, true }
	TEXT_FIELD(program),
	TEXT_FIELD(kernel),
	TEXT_FIELD(vendor),
	TEXT_FIELD(hypervisor),
	FIELD(U32, isa),
	TEXT_FIELD(cpu),
	TEXT_FIELD(attach),
	NEWER_FIELD(BOOL, kernel_book),
	NEWER_FIELD(U32, kernel_mode),
	TEXT_FIELD(by),
	FIELD(BOOL, count_only),
	FIELD(BOOL, fast),
	FIELD(BOOL, off_cpu),
	FIELD(BOOL, guest_marks),
	FIELD(U64, slower_than_ns),
	FIELD(BOOL, slow_hlt),
	TEXT_FIELD(shown),
	TEXT_FIELD(command),
	FIELD(U64, interval_ns),
	FIELD(U64, detail_ns),
	FIELD(U64, started_ns),
	FIELD(U64, started_at),
	TEXT_FIELD(boot_id),
	FIELD(U32, pid),
	NEWER_FIELD(U64, pid_start),
	NEWER_FIELD(U64, pid_ns),
	NEWER_FIELD(U64, keep_ns),
	NEWER_FIELD(U64, max_size),
	NEWER_FIELD(U64, thrown_intervals),
	NEWER_FIELD(U64, thrown_until_ns),
	NEWER_FIELD(U64, thrown_exits),
	NEWER_FIELD(U64, thrown_ns),
	NEWER_FIELD(U64, snapshot_at),
	FIELD(U64, ended_ns),
	FIELD(U32, command_status),
	FIELD(U64, bpf_exits),
	FIELD(U64, bpf_ns),
	/* clang-format on */
};

#define NR_FIELDS (sizeof(fields) / sizeof(fields[0]))

static void read_boot_id(char *id, size_t size)
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");

	if (!file)
		return;
	if (!fgets(id, size, file))
		id[0] = '\0';
	id[strcspn(id, "\n")] = '\0';
	fclose(file);
}

static void read_cpu(char *cpu, size_t size)
{
	FILE *file = fopen("/proc/cpuinfo", "r");
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		const char *value = strchr(line, ':');

		if (strncmp(line, "model name", 10) || !value)
			continue;
		value += 1 + strspn(value + 1, " \t");
		snprintf(cpu, size, "%.*s", (int)strcspn(value, "\n"), value);
		break;
	}
	if (file)
		fclose(file);
}

uint64_t run_info_pid_start(uint32_t pid)
{
	char name[32], line[1024] = "";
	uint64_t start = 0;
	const char *at;
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%u/stat", pid);
	file = fopen(name, "re");
	if (!file)
		return 0;
	line[fread(line, 1, sizeof(line) - 1, file)] = '\0';
	fclose(file);
	/* The time is field 22.  The second field ends with the last ")". */
	at = strrchr(line, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at)
		start = strtoull(at, NULL, 10);
	return start;
}

void run_info_read_host(struct run_info *info)
{
	struct host host;

	host_read(&host);
	snprintf(info->kernel, sizeof(info->kernel), "%s", host.kernel);
	snprintf(info->vendor, sizeof(info->vendor), "%s", host.vendor);
	snprintf(info->hypervisor, sizeof(info->hypervisor), "%s",
		 host.hypervisor);
	info->isa = host.isa;
	read_cpu(info->cpu, sizeof(info->cpu));
	read_boot_id(info->boot_id, sizeof(info->boot_id));
	info->pid = getpid();
	info->pid_ns = pid_ns_own("");
	info->pid_start = run_info_pid_start(info->pid);
}

static uint64_t number_of(const struct field *field,
			  const struct run_info *info)
{
	const void *at = (const char *)info + field->offset;

	switch (field->kind) {
	case U64:
		return *(const uint64_t *)at;
	case U32:
		return *(const uint32_t *)at;
	case BOOL:
		return *(const bool *)at;
	default:
		return 0;
	}
}

static void set_number(const struct field *field, uint64_t number,
		       struct run_info *info)
{
	void *at = (char *)info + field->offset;

	if (field->kind == U64)
		*(uint64_t *)at = number;
	else if (field->kind == U32)
		*(uint32_t *)at = number;
	else
		*(bool *)at = number;
}

int run_info_save(sqlite3 *db, const struct run_info *info)
{
	sqlite3_stmt *put;
	int r = sqlite3_prepare_v2(db,
				   "INSERT OR REPLACE INTO meta VALUES (?, ?)",
				   -1, &put, NULL);

	for (size_t i = 0; r == SQLITE_OK && i < NR_FIELDS; i++) {
		const struct field *field = &fields[i];

		sqlite3_bind_text(put, 1, field->name, -1, SQLITE_STATIC);
		if (field->kind == TEXT)
			sqlite3_bind_text(put, 2,
					  (const char *)info + field->offset,
					  -1, SQLITE_STATIC);
		else
			sqlite3_bind_int64(put, 2, number_of(field, info));
		sqlite3_step(put);
		r = sqlite3_reset(put);
	}
	sqlite3_finalize(put);
	return r;
}

/* Check the value of a row, and take it into the field. */
static bool get_field(const struct field *field, sqlite3_stmt *row,
		      struct run_info *info)
{
	static const int64_t most[] = {
		[U64] = INT64_MAX, [U32] = UINT32_MAX, [BOOL] = 1
	};
	int type = sqlite3_column_type(row, 0);
	int64_t number;

	if (field->kind == TEXT) {
		const char *text = (const char *)sqlite3_column_text(row, 0);
		size_t length = sqlite3_column_bytes(row, 0);

		if (type != SQLITE_TEXT || !text || length >= field->size ||
		    strlen(text) != length)
			return false;
		memcpy((char *)info + field->offset, text, length + 1);
		return true;
	}
	number = sqlite3_column_int64(row, 0);
	if (type != SQLITE_INTEGER || number < 0 || number > most[field->kind])
		return false;
	set_number(field, number, info);
	return true;
}

int run_info_load(sqlite3 *db, const char *path, struct run_info *info,
		  struct why *why)
{
	sqlite3_stmt *get;
	int r = sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE name = ?",
				   -1, &get, NULL);

	memset(info, 0, sizeof(*info));
	if (r != SQLITE_OK)
		return run_sql_error(db, path, why);
	for (size_t i = 0; i < NR_FIELDS; i++) {
		sqlite3_bind_text(get, 1, fields[i].name, -1, SQLITE_STATIC);
		r = sqlite3_step(get);
		if (r != SQLITE_ROW && r != SQLITE_DONE) {
			r = run_sql_error(db, path, why);
			break;
		}
		if (r == SQLITE_DONE && fields[i].newer) {
			sqlite3_reset(get);
			r = 0;
			continue;
		}
		if (r != SQLITE_ROW || !get_field(&fields[i], get, info)) {
			r = why_set(why, EINVAL,
				    "%s: is damaged: '%s' in its table meta %s",
				    path, fields[i].name,
				    r == SQLITE_ROW ? "makes no sense" :
						      "is missing");
			break;
		}
		sqlite3_reset(get);
		r = 0;
	}
	sqlite3_finalize(get);
	return r;
}
