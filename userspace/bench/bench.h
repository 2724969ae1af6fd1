/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A benchmark as plain data: what was run, and how long each lap took.  The
 * code that measures, loads, evaluates or shows benchmarks shares these types.
 */
#ifndef EXITLEDGER_BENCH_H
#define EXITLEDGER_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The unit of laps. */
enum bench_unit {
	BENCH_CYCLES, /* of the TSC */
	BENCH_INSTRUCTIONS, /* under an emulator that counts them */
	BENCH_NS, /* the time of the observer's programs alone, without exits */
	BENCH_UNITS,
};

/** bench_unit_name - "cycles", "instructions", "ns" */
const char *bench_unit_name(enum bench_unit unit);

/** bench_unit_parse - get the unit of a name; returns 0 or -EINVAL */
int bench_unit_parse(const char *name, enum bench_unit *unit);

/* The data that a configuration gives about exits, as bits. */
enum bench_gives {
	GIVES_COUNT = 1,
	GIVES_REASON = 2, /* counts by reason */
	GIVES_TIME = 4,
	GIVES_HISTOGRAM = 8, /* of the times, or each time by itself */
};

enum bench_state {
	BENCH_MEASURED,
	BENCH_MISSING, /* not installed, or not in this kernel */
	BENCH_FAILED, /* does not run, or counts nothing */
	BENCH_STATES,
};

/** bench_state_name - "measured", "not installed", "failed" */
const char *bench_state_name(enum bench_state state);

/* A kind of exit. */
struct bench_kind {
	char name[32]; /* as microguest calls it */
	char what[64];
	uint32_t reason; /* the reason of the exits to measure */
	uint64_t operations; /* per lap */
	unsigned int exits; /* per operation, including other reasons */
};

/* A configuration. */
struct bench_row {
	char name[32];
	char title[32];
	unsigned int gives; /* enum bench_gives */
	bool ours; /* true if it is a part of this project */
	bool patch; /* true if it needs KVM with our counters */
	enum bench_state state;
	char why[160]; /* the reason if it was not measured */
	char version[64]; /* of a program that is not ours */
	/* its command, with LOAD for the micro-guest's command */
	char command[512];
};

/* One run of a kind of exit under a configuration. */
struct bench_run {
	unsigned int kind, row; /* indices */
	unsigned int round;
	uint64_t *lap; /* in the benchmark's unit, without the warm-up */
	size_t nr;
	bool has_counted; /* true if the configuration counts */
	uint64_t counted; /* exits of the kind's reason, or all exits */
	uint64_t expected; /* exits that have happened */
	/*
	 * true if @expected is only a lower bound, as for first touches of
	 * memory
	 */
	bool at_least;
	/* The mean times from the kind's exits to the next entries: */
	bool has_kvm_time, has_bpf_time;
	double kvm_time; /* by KVM's counters */
	double bpf_time; /* by the observer */
};

struct bench {
	/* The host. */
	char kernel[65];
	char vendor[16]; /* kvm_amd, kvm_intel */
	/* the hypervisor under which the host runs, or "" */
	char hypervisor[16];
	char cpu[64];
	char mitigations[16]; /* as on the kernel's command line, such as "off"
				 or "auto" */
	char attach[16]; /* how the observer attaches with "auto" */
	char date[32]; /* ISO 8601, UTC */
	char version[16]; /* of exitledger */
	/* The clock. */
	enum bench_unit unit;
	uint64_t khz; /* of the TSC */
	bool invariant; /* true if the processor reports a constant rate */
	/* The settings that were asked for. */
	unsigned int rounds, laps, warm_up;
	unsigned int cpu_nr; /* the CPU that the guest ran on */
	bool interrupted; /* true if not all rounds were run */

	struct bench_kind *kind;
	size_t nr_kinds;
	/* The first row is BENCH_BASE ("nothing"), with which all others are
	 * compared.  The second is BENCH_NULL, which measures the same once
	 * more. */
	struct bench_row *row;
	size_t nr_rows;
	struct bench_run *run;
	size_t nr_runs, room;
};

enum { BENCH_BASE, BENCH_NULL };

/**
 * bench_ns - convert TSC cycles to nanoseconds
 *
 * Returns NAN if the unit is not cycles, or if the TSC's rate is not constant.
 */
double bench_ns(const struct bench *bench, double cycles);

/**
 * bench_add_run - append a run
 * @run: the benchmark takes over its laps, even on failure
 *
 * Returns 0 or -ENOMEM.
 */
int bench_add_run(struct bench *bench, const struct bench_run *run);

/**
 * bench_merge - add the kinds of exits of another benchmark
 * @from: must still be freed; once its kinds have been added, it has neither
 *	kinds nor runs; on -EINVAL it is unchanged
 *
 * Returns 0 or -ENOMEM; or -EINVAL if the hosts, units or configurations
 * differ, or if both have the same kind.
 */
int bench_merge(struct bench *to, struct bench *from);

/** bench_free - free the content of a benchmark */
void bench_free(struct bench *bench);

/** bench_find_row - the index of a row by its name; -1 if there is none */
int bench_find_row(const struct bench *bench, const char *name);

/** bench_find_kind - the index of a kind by its name; -1 if there is none */
int bench_find_kind(const struct bench *bench, const char *name);

/** bench_find_run - the run in a round; NULL if it was not run */
const struct bench_run *bench_find_run(const struct bench *bench, size_t kind,
				       size_t row, unsigned int round);

#endif /* EXITLEDGER_BENCH_H */
