/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A benchmark as plain data: what was run, and how long each lap took. Whatever
 * measures, loads, judges or shows it meets here.
 */
#ifndef EXITLEDGER_BENCH_H
#define EXITLEDGER_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The unit of laps. */
enum bench_unit {
	BENCH_CYCLES, /* of the TSC */
	BENCH_INSTRUCTIONS, /* of an emulator that counts them */
	BENCH_NS, /* the time of the observer's programs alone: no exits */
	BENCH_UNITS,
};

/** bench_unit_name - "cycles", "instructions", "ns" */
const char *bench_unit_name(enum bench_unit unit);

/** bench_unit_parse - the reverse; 0 or -EINVAL */
int bench_unit_parse(const char *name, enum bench_unit *unit);

/* The results that a configuration gives about exits, as bits. */
enum bench_gives {
	GIVES_COUNT = 1,
	GIVES_REASON = 2, /* counts by reason */
	GIVES_TIME = 4,
	GIVES_HISTOGRAM = 8, /* of the times, or each single one */
};

enum bench_state {
	BENCH_MEASURED,
	BENCH_MISSING, /* is not installed, or not in this kernel */
	BENCH_FAILED, /* does not run, or counts nothing */
	BENCH_STATES,
};

/** bench_state_name - "measured", "not installed", "failed" */
const char *bench_state_name(enum bench_state state);

/* A kind of exit. */
struct bench_kind {
	char name[32]; /* as microguest calls it */
	char what[64];
	uint32_t reason; /* of the exit that it is about */
	uint64_t operations; /* per lap */
	unsigned int exits; /* of each operation, others than @reason's too */
};

/* A configuration. */
struct bench_row {
	char name[32];
	char title[32];
	unsigned int gives; /* enum bench_gives */
	bool ours; /* it is a part of this project */
	bool patch; /* it needs KVM with our counters */
	enum bench_state state;
	char why[160]; /* if it is not measured */
	char version[64]; /* of a program that is not ours */
	char command[512]; /* likewise: LOAD is the micro-guest's */
};

/* A kind of exit, once, under a configuration. */
struct bench_run {
	unsigned int kind, row; /* indices */
	unsigned int round;
	uint64_t *lap; /* in the unit, warm-up not included */
	size_t nr;
	bool has_counted; /* the configuration counts */
	uint64_t counted; /* exits: of the kind's reason, or all */
	uint64_t expected; /* exits that have happened */
	bool at_least; /* or more than @expected: first touches of memory */
	/* The mean times from the kind's exits to the next entries: */
	bool has_kvm_time, has_bpf_time;
	double kvm_time; /* as KVM's counters have them */
	double bpf_time; /* as the observer has */
};

struct bench {
	/* The host. */
	char kernel[65];
	char vendor[16]; /* kvm_amd, kvm_intel */
	char hypervisor[16]; /* the host's own, or "" */
	char cpu[64];
	char mitigations[16]; /* as on the kernel's command line, such as "off"
				 or "auto" */
	char attach[16]; /* what "auto" is for the observer */
	char date[32]; /* ISO 8601, UTC */
	char version[16]; /* of exitledger */
	/* The clock. */
	enum bench_unit unit;
	uint64_t khz; /* of the TSC */
	bool invariant; /* the processor says so itself */
	/* The settings that were asked for. */
	unsigned int rounds, laps, warm_up;
	unsigned int cpu_nr; /* the CPU that the guest ran on */
	bool interrupted; /* not all rounds were run */

	struct bench_kind *kind;
	size_t nr_kinds;
	struct bench_row *row; /* the first one is nothing, which all others are
				  compared with */
	size_t nr_rows; /* the second one is nothing, once more */
	struct bench_run *run;
	size_t nr_runs, room;
};

enum { BENCH_BASE, BENCH_NULL };

/**
 * bench_ns - the ns that a number of TSC cycles takes
 *
 * NAN: these are no cycles, or the TSC's rate is not constant.
 */
double bench_ns(const struct bench *bench, double cycles);

/**
 * bench_add_run - append a run
 * @run: its laps are the benchmark's from now on, also on failure
 *
 * 0, or -ENOMEM.
 */
int bench_add_run(struct bench *bench, const struct bench_run *run);

/**
 * bench_merge - add other kinds of exits, measured in the same way
 * @from: has neither kinds nor runs afterwards; to be freed all the same
 *
 * 0; -EINVAL: another host, unit, or configurations, or a kind that both
 * have; -ENOMEM.
 */
int bench_merge(struct bench *to, struct bench *from);

/** bench_free - free what it holds */
void bench_free(struct bench *bench);

/** bench_find_row - by name; -1 if there is none */
int bench_find_row(const struct bench *bench, const char *name);

/** bench_find_kind - by name; -1 if there is none */
int bench_find_kind(const struct bench *bench, const char *name);

/** bench_find_run - of that round; NULL: it was not run */
const struct bench_run *bench_find_run(const struct bench *bench, size_t kind,
				       size_t row, unsigned int round);

#endif /* EXITLEDGER_BENCH_H */
