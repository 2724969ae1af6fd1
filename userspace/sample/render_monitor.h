/* SPDX-License-Identifier: GPL-2.0-only */
/* Renders the exits of a host's VMs in a period: for people, and for programs. */
#ifndef EXITLEDGER_RENDER_MONITOR_H
#define EXITLEDGER_RENDER_MONITOR_H

#include <stdio.h>

#include "ledger/filter.h"
#include "ledger/ledger.h"
#include "sample/columns.h"

/*
 * The widths of the text table and of its reasons; the columns have the rest.
 */
#define MONITOR_WIDTH 80
#define MONITOR_REASON_WIDTH 26

struct monitor_sample {
	const struct ledger *ledger; /* of this period alone */
	double seconds; /* its length */
	bool total; /* since the start: the last sample */
};

/* The choice of what is shown, and how. */
struct monitor_shape {
	const struct filter *filter; /* NULL: all */
	enum ledger_key_kind by; /* what kind ledger_vcpu.keys are */
	bool by_vcpu; /* rows for each vCPU, not for each VM */
	bool histograms; /* in JSON */
	unsigned int has; /* NEEDS_…: what is observed */
	struct column_list columns;
	enum column_id sort; /* in text */
};

/*
 * Each of these writes one sample, and returns 0 or -ENOMEM. A failure to write
 * shows in ferror(out).
 */
int render_monitor_text(const struct monitor_sample *sample,
			const struct monitor_shape *shape, FILE *out);

/** render_monitor_json - one object in one line */
int render_monitor_json(const struct monitor_sample *sample,
			const struct monitor_shape *shape, FILE *out);

/** render_monitor_csv - a row for each VM or vCPU, reason and key */
int render_monitor_csv(const struct monitor_sample *sample,
		       const struct monitor_shape *shape, FILE *out);

/** render_monitor_csv_header - the names of its columns, to be written once */
void render_monitor_csv_header(const struct monitor_shape *shape, FILE *out);

/**
 * monitor_slow - is a slow exit shown?
 * @vm: set to the VM in which it was; NULL: that is no longer known
 */
bool monitor_slow(const struct monitor_sample *sample,
		  const struct monitor_shape *shape,
		  const struct ledger_slow *slow, const struct ledger_vm **vm);

/*
 * The output formats.  Each is a row, which has everything that differs between
 * them.  A new one is a file render_monitor_NAME.c and its name in
 * render_monitor_formats.def; every other file asks the row.
 */

/* It can have histograms: --histograms. */
#define FORMAT_HISTOGRAMS 1u
/* It always has all columns, and rows in their own order. */
#define FORMAT_ALL_COLUMNS 2u

struct monitor_format {
	const char *name; /* "json": --json chooses it, if it has @doc */
	/* Text of that option; NULL: it is the default, which has no option. */
	const char *doc;
	unsigned int has; /* FORMAT_…, as bits */

	/* Write a sample: 0 or -ENOMEM. */
	int (*sample)(const struct monitor_sample *sample,
		      const struct monitor_shape *shape, FILE *out);
	/*
	 * Write the beginning, which comes before all samples.  @title tells
	 * what is observed, and how.  NULL: the format has none.
	 */
	void (*begin)(const struct monitor_shape *shape, const char *title,
		      FILE *out);
	/* Write a mark, which is a line of safe text.  NULL: it has no marks. */
	void (*mark)(const char *text, FILE *out);
};

/* The first is the default; NULL follows the last. */
extern const struct monitor_format *const monitor_formats[];

#define FORMAT(name) extern const struct monitor_format monitor_format_##name;
#include "sample/render_monitor_formats.def"
#undef FORMAT

struct monitor_format_list {
	char s[256];
};

/**
 * monitor_format_options - the options of some formats, such as "--json, --csv"
 * @has: those formats that have one of these FORMAT_… bits; 0: all that have an
 * option
 * @last: the text between the last two: ", " or " and "
 */
struct monitor_format_list monitor_format_options(unsigned int has,
						  const char *last);

#endif /* EXITLEDGER_RENDER_MONITOR_H */
