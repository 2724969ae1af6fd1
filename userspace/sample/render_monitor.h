/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes the exits of a host's VMs in a period, for people and for programs. */
#ifndef EXITLEDGER_RENDER_MONITOR_H
#define EXITLEDGER_RENDER_MONITOR_H

#include <stdio.h>

#include "ledger/filter.h"
#include "ledger/ledger.h"
#include "sample/columns.h"

/* The width of the text table, and of its first column, the exit reasons. */
#define MONITOR_WIDTH 80
#define MONITOR_REASON_WIDTH 26

struct monitor_sample {
	const struct ledger *ledger; /* has only this period */
	double seconds; /* the length of the period */
	bool total; /* true if the period is the whole time since the start */
};

/* The choice of data that are shown, and of their form. */
struct monitor_shape {
	const struct filter *filter; /* NULL: all */
	enum ledger_key_kind by; /* the kind of ledger_vcpu.keys */
	bool by_vcpu; /* true: a group of rows for each vCPU, not for each VM */
	bool histograms; /* show histograms in JSON */
	unsigned int has; /* the observations that were made (NEEDS_*) */
	struct column_list columns;
	enum column_id sort; /* the order of rows in text */
};

/*
 * These functions write one sample, and return 0 or -ENOMEM.  To find out
 * whether writing failed, call ferror(out).
 */
int render_monitor_text(const struct monitor_sample *sample,
			const struct monitor_shape *shape, FILE *out);

/** render_monitor_json - write a sample as one object in one line */
int render_monitor_json(const struct monitor_sample *sample,
			const struct monitor_shape *shape, FILE *out);

/** render_monitor_csv - write a row for each VM or vCPU, reason and key */
int render_monitor_csv(const struct monitor_sample *sample,
		       const struct monitor_shape *shape, FILE *out);

/** render_monitor_csv_header - write the names of the columns, once */
void render_monitor_csv_header(const struct monitor_shape *shape, FILE *out);

/**
 * monitor_slow - does a slow exit pass the filter?
 * @vm: set to its VM, or to NULL if the VM is no longer known
 */
bool monitor_slow(const struct monitor_sample *sample,
		  const struct monitor_shape *shape,
		  const struct ledger_slow *slow, const struct ledger_vm **vm);

/*
 * The output formats.  All differences between them are in one row per format,
 * and all other files use this row.  To add a format, write a file
 * render_monitor_NAME.c and add its name to render_monitor_formats.def.
 */

/* The format can contain histograms: --histograms. */
#define FORMAT_HISTOGRAMS 1u
/*
 * The format has all columns, and rows in a fixed order: --columns and --sort
 * are refused.
 */
#define FORMAT_ALL_COLUMNS 2u
/* The format has only counts: --columns and --sort are refused, too. */
#define FORMAT_NO_COLUMNS 4u

struct monitor_format {
	const char *name; /* such as "json"; if @doc is set, --json selects it */
	/* The option's help text; NULL: the default format. */
	const char *doc;
	unsigned int has; /* FORMAT_* as bits */

	/* Writes a sample; returns 0 or -ENOMEM. */
	int (*sample)(const struct monitor_sample *sample,
		      const struct monitor_shape *shape, FILE *out);
	/*
	 * Writes the text before all samples; NULL if there is none.  @title
	 * describes the observation.
	 */
	void (*begin)(const struct monitor_shape *shape, const char *title,
		      FILE *out);
	/* Writes a mark, a line of safe text; NULL: not possible. */
	void (*mark)(const char *text, FILE *out);
};

/* The first format is the default; NULL ends the list. */
extern const struct monitor_format *const monitor_formats[];

#define FORMAT(name) extern const struct monitor_format monitor_format_##name;
#include "sample/render_monitor_formats.def"
#undef FORMAT

struct monitor_format_list {
	char s[256];
};

/**
 * monitor_format_options - list the options of formats, such as "--json,
 * --csv"
 * @has: list formats that have one of these FORMAT_* bits; 0: list all formats
 *	that have an option
 * @last: the text before the last option: ", " or " and "
 */
struct monitor_format_list monitor_format_options(unsigned int has,
						  const char *last);

#endif /* EXITLEDGER_RENDER_MONITOR_H */
