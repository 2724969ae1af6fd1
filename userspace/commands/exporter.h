/* SPDX-License-Identifier: GPL-2.0-only */
/* The exporter collects exits and makes metrics of them on request. */
#ifndef EXITLEDGER_EXPORTER_H
#define EXITLEDGER_EXPORTER_H

#include "export/export_render.h"
#include "sample/monitor_loop.h"
#include "serve/serve_http.h"

/* Zero at first; the opener fills in the members before @serve. */
struct exporter {
	struct monitor_source source; /* needs no end_total */
	struct export_book book; /* set its options and since_ns */
	struct export_build build;
	unsigned int has; /* EXPORT_TIMES etc., as bits */
	bool created;
	uint64_t slower_than_ns;
	uint64_t start_ns; /* CLOCK_REALTIME when the process was started */
	/*
	 * Returns how many vCPUs can be observed, and sets @used; NULL:
	 * unknown.
	 */
	uint64_t (*slots)(void *context, uint64_t *used);
	/* Called after a collection was added to the book; may be NULL. */
	void (*collected)(void *context);
	const struct export_verdict *verdict; /* if EXPORT_KVM */
	/* Has the source ended?  NULL: it never does. */
	bool (*is_over)(void *context);
	const char *textfile; /* path, or NULL */
	/* seconds between writes of @textfile; 0: write once, at the end */
	double interval;
	struct serve *serve; /* or NULL; the caller closes it */

	struct ledger now;
	/* when the last collection ended; 0: there was none */
	uint64_t collected_ns;
	uint64_t collect_ns; /* how long it took, in ns */
};

/**
 * exporter_make - render the current metrics; for serve_options.make
 * @exporter: a struct exporter
 *
 * Returns 0 or -errno.
 */
int exporter_make(void *exporter, enum serve_format format,
		  struct serve_body *body);

/**
 * exporter_run - collect, serve and write the file until a signal arrives
 *
 * Without a server, it returns when the source ends.  Returns 0, or -errno with
 * @why.
 */
int exporter_run(struct exporter *exporter, struct why *why);

void exporter_free(struct exporter *exporter);

#endif /* EXITLEDGER_EXPORTER_H */
