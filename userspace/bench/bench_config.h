/* SPDX-License-Identifier: GPL-2.0-only */
/* The configurations that are compared: nothing, our own, and other tools. */
#ifndef EXITLEDGER_BENCH_CONFIG_H
#define EXITLEDGER_BENCH_CONFIG_H

#include "bench/bench.h"
#include "bench/bench_peers.h"
#include "observe/observer.h"

enum bench_way {
	WAY_NOTHING, /* nothing is run, but exit_stats is set */
	WAY_OBSERVER,
	WAY_PEER, /* a program that runs the load */
	WAY_TRACEFS_EVENTS, /* both events are on, and nobody reads them */
	WAY_TRACEFS_HIST, /* a histogram trigger */
};

struct bench_config {
	const char *name, *title;
	unsigned int gives; /* enum bench_gives */
	enum bench_way way;
	int exit_stats; /* mode of KVM's counters: EXIT_FILE_* */
	struct observer_options observe; /* WAY_OBSERVER */
	const struct bench_peer *peer; /* WAY_PEER */
};

/* The first two are BENCH_BASE and BENCH_NULL. */
extern const struct bench_config bench_configs[];
extern const size_t bench_nr_configs;

/**
 * bench_config_find - the index of a configuration by its name
 * @name: of @length characters; needs no NUL
 *
 * Returns -1 if there is none.
 */
int bench_config_find(const char *name, size_t length);

/** bench_config_is_ours - is it part of this project? */
bool bench_config_is_ours(const struct bench_config *config);

/* A kind of exits. */
struct bench_kind_row {
	const char *name; /* as microguest calls it */
	const char *what;
};

/* All kinds that microguest has on any processor, with a NULL at the end. */
extern const char *const bench_kind_names[];

/* The kinds that are measured unless others are asked for. */
extern const struct bench_kind_row bench_kinds[];
extern const size_t bench_nr_kinds;

#endif /* EXITLEDGER_BENCH_CONFIG_H */
