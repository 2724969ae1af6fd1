/* SPDX-License-Identifier: GPL-2.0-only */
/* The exporter: collects, and makes metrics of it for whoever asks. */
#ifndef EXITLEDGER_EXPORTER_H
#define EXITLEDGER_EXPORTER_H

#include "export/export_render.h"
#include "sample/monitor_loop.h"
#include "serve/serve_http.h"

/* Zeroed at first; what comes before @serve is filled in by who opens it. */
struct exporter {
	struct monitor_source source; /* without a total */
	struct export_book book; /* its options and since_ns */
	struct export_build build;
	unsigned int has; /* EXPORT_TIMES and the like, as bits */
	bool created;
	uint64_t slower_than_ns;
	uint64_t start_ns; /* when the process was started, since 1970 */
	/* How many vCPUs can be observed, and are; NULL: nobody knows. */
	uint64_t (*slots)(void *context, uint64_t *used);
	/* Called when the book has what was collected; may be NULL. */
	void (*collected)(void *context);
	const struct export_verdict *verdict; /* if EXPORT_KVM */
	/* Is there nothing more to come?  NULL: never. */
	bool (*is_over)(void *context);
	const char *textfile; /* or NULL */
	double interval; /* seconds, of @textfile; 0: once, when it is over */
	struct serve *serve; /* or NULL; not closed here */

	struct ledger now;
	uint64_t collected_ns; /* when that was done last; 0: not yet */
	uint64_t collect_ns; /* how long it took */
};

/**
 * exporter_make - make the metrics as they are now; for serve_options.make
 * @exporter: a struct exporter
 *
 * 0 or -errno.
 */
int exporter_make(void *exporter, enum serve_format format,
		  struct serve_body *body);

/**
 * exporter_run - collect, serve and write, until a signal comes
 *
 * Without a server it ends with the source.  0, or -errno with @why.
 */
int exporter_run(struct exporter *exporter, struct why *why);

void exporter_free(struct exporter *exporter);

#endif /* EXITLEDGER_EXPORTER_H */
