// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench_exec.h"
#include "bench/bench_tracefs.h"
#include "bench/bench_way.h"
#include "host/host.h"

#define EXIT_STATS "/sys/module/kvm/parameters/exit_stats"

/* --- KVM's counters --- */

static int set_exit_stats(const struct bench_ways *ways, int mode,
			  struct why *why)
{
	char digit = (char)('0' + mode);
	int fd, r = 0;

	if (ways->exit_stats == HOST_UNPATCHED)
		return 0;
	fd = open(EXIT_STATS, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, &digit, 1) != 1)
		r = why_set(why, errno, "%s: cannot be written: %s", EXIT_STATS,
			    strerror(errno));
	if (fd >= 0)
		close(fd);
	return r;
}

void bench_ways_init(struct bench_ways *ways, struct bench_load *load,
		     const struct kvm_btf *btf)
{
	memset(ways, 0, sizeof(*ways));
	ways->load = load;
	ways->btf = btf;
	ways->attach = "";
	ways->exit_stats = host_exit_stats();
	snprintf(ways->text, sizeof(ways->text), "%s/text", load->dir);
	snprintf(ways->data, sizeof(ways->data), "%s/data", load->dir);
}

/*
 * Remove the files of earlier runs.  Programs that were killed leave other
 * files, too, such as "data.cpu0".
 */
static void forget(const struct bench_ways *ways)
{
	char pattern[128];
	glob_t left;

	bench_load_forget(ways->load);
	bench_tracefs_forget();
	unlink(ways->text);
	snprintf(pattern, sizeof(pattern), "%s*", ways->data);
	if (glob(pattern, 0, NULL, &left))
		return;
	for (size_t i = 0; i < left.gl_pathc; i++)
		unlink(left.gl_pathv[i]);
	globfree(&left);
}

void bench_ways_end(struct bench_ways *ways)
{
	if (ways->exit_stats >= 0)
		set_exit_stats(ways, ways->exit_stats, NULL);
	forget(ways);
}

/* --- availability --- */

static void check_peer(const struct bench_ways *ways,
		       const struct bench_peer *peer, struct bench_row *row)
{
	struct bench_words words = { .load = ways->load->argv,
				     .text = ways->text,
				     .data = ways->data };
	char **argv;

	bench_peer_line(peer->command, row->command, sizeof(row->command));
	if (!exec_find(peer->program)) {
		row->state = BENCH_MISSING;
		snprintf(row->why, sizeof(row->why), "no %s in PATH",
			 peer->program);
		return;
	}
	argv = peer->version ? bench_peer_argv(peer->version, &words) : NULL;
	/*
	 * The status is ignored: some programs print their version, and then
	 * fail.
	 */
	if (argv) {
		exec_run(argv, ways->load->out, ways->load->err, NULL);
		exec_first_line(ways->load->out, row->version,
				sizeof(row->version));
	}
	free(argv);
}

void bench_way_check(const struct bench_ways *ways,
		     const struct bench_config *config, struct bench_row *row)
{
	memset(row, 0, sizeof(*row));
	snprintf(row->name, sizeof(row->name), "%s", config->name);
	snprintf(row->title, sizeof(row->title), "%s", config->title);
	row->gives = config->gives;
	row->ours = bench_config_is_ours(config);
	row->patch = config->exit_stats;
	if (config->exit_stats && ways->exit_stats == HOST_UNPATCHED) {
		row->state = BENCH_MISSING;
		strcpy(row->why, "this KVM has no exit counters: see "
				 "kvm-instrumentation/README.md");
	} else if (config->way == WAY_PEER) {
		check_peer(ways, config->peer, row);
	}
}

/* --- the counts --- */

/*
 * Add up the reason's cells of all VMs; the load's VM should be the only one.
 */
static int sum_cells(const struct ledger *ledger, uint32_t reason,
		     struct ledger_cell *sum)
{
	for (size_t i = 0; i < ledger->nr_vms; i++) {
		struct ledger_total total = { 0 };
		int r = ledger_total(&ledger->vm[i], &total);

		for (size_t j = 0; !r && j < total.cells.nr; j++) {
			const struct ledger_cell *cell = &total.cells.cell[j];

			if (cell->reason != reason)
				continue;
			exit_times_add(&sum->times, &cell->times);
			r = hist_add(&sum->hist, &cell->hist);
		}
		ledger_total_free(&total);
		if (r)
			return r;
	}
	return 0;
}

static int take_ledger(const struct bench_ways *ways, struct observer *observer,
		       uint32_t reason, struct bench_run *run)
{
	struct ledger_cell sum = { 0 };
	struct ledger ledger = { 0 };
	uint64_t timed;
	int r;

	r = observer_collect(observer, &ledger, NULL);
	if (!r)
		r = sum_cells(&ledger, reason, &sum);
	if (!r) {
		run->has_counted = true;
		run->counted = sum.times.exits;
		timed = hist_count(&sum.hist);
		run->has_bpf_time = timed;
		if (timed)
			run->bpf_time = (double)sum.times.ns / (double)timed *
					(double)ways->khz / 1e6;
	}
	hist_free(&sum.hist);
	ledger_free(&ledger);
	return r;
}

/* --- the ways --- */

static int run_observed(struct bench_ways *ways,
			const struct bench_config *config, uint32_t reason,
			struct bench_run *run, struct why *why)
{
	struct observer *observer;
	int r;

	r = observer_open(&observer, &config->observe, ways->btf, why);
	if (r)
		return r;
	if (config->observe.attach == ATTACH_AUTO)
		ways->attach = attach_name(observer_attach(observer));
	r = bench_load_run(ways->load, why);
	if (!r && take_ledger(ways, observer, reason, run))
		r = why_set(why, ENOMEM, "out of memory");
	observer_close(observer);
	return r;
}

static int run_traced(struct bench_ways *ways,
		      const struct bench_config *config, uint32_t reason,
		      struct bench_run *run, struct why *why)
{
	struct bench_tracefs tracefs;
	int r;

	r = bench_tracefs_begin(&tracefs, config->way == WAY_TRACEFS_HIST, why);
	if (!r)
		r = bench_load_run(ways->load, why);
	if (!r) {
		r = bench_tracefs_count(&tracefs, reason, &run->counted);
		run->has_counted = !r;
		if (r)
			why_set(why, -r, "tracefs: no count was found");
	}
	bench_tracefs_end(&tracefs);
	return r;
}

static int run_words(const struct bench_ways *ways, const char *const *command,
		     const char *out, struct why *why)
{
	const struct bench_words words = { .load = ways->load->argv,
					   .text = ways->text,
					   .data = ways->data };
	char **argv = bench_peer_argv(command, &words);
	int r;

	if (!argv)
		return why_set(why, ENOMEM, "out of memory");
	r = exec_run(argv, out, ways->load->err, why);
	free(argv);
	return r;
}

static int run_peer(struct bench_ways *ways, const struct bench_peer *peer,
		    uint32_t reason, struct bench_run *run, struct why *why)
{
	const char *const texts[] = {
		[TEXT_FILE] = ways->text,
		[TEXT_OUT] = ways->load->out,
		[TEXT_ERR] = ways->load->err,
	};
	const char *text = texts[peer->text];
	FILE *file;
	int r;

	r = run_words(ways, peer->command, ways->load->out, why);
	if (!r && peer->report)
		r = run_words(ways, peer->report, ways->load->out, why);
	if (r)
		return r;
	file = fopen(text, "re");
	r = file ? peer->parse(file, reason, &run->counted) : -ENODATA;
	if (file)
		fclose(file);
	run->has_counted = !r;
	if (r) {
		char words[128];

		exec_last_words(text, ways->load->err, words, sizeof(words));
		why_set(why, -r, "no count in its output: %s", words);
	}
	return r;
}

static int run_as(struct bench_ways *ways, const struct bench_config *config,
		  uint32_t reason, struct bench_run *run, struct why *why)
{
	switch (config->way) {
	case WAY_OBSERVER:
		return run_observed(ways, config, reason, run, why);
	case WAY_PEER:
		return run_peer(ways, config->peer, reason, run, why);
	case WAY_TRACEFS_EVENTS:
	case WAY_TRACEFS_HIST:
		return run_traced(ways, config, reason, run, why);
	default:
		return bench_load_run(ways->load, why);
	}
}

/* Set how many exits this configuration should have counted. */
static void take_expected(const struct bench_ways *ways,
			  const struct bench_config *config, uint32_t reason,
			  const struct bench_loaded *loaded,
			  struct bench_run *run)
{
	bool by_reason = config->way == WAY_OBSERVER ||
			 config->way == WAY_TRACEFS_HIST ||
			 (config->peer && config->peer->by_reason);

	if (config->way == WAY_NOTHING) {
		run->has_counted = config->exit_stats &&
				   !bench_load_answer(ways->load, reason,
						      loaded, &run->counted,
						      &run->expected);
		run->at_least = run->has_counted && loaded->at_least;
		return;
	}
	run->expected = by_reason ? loaded->of_reason : loaded->exits;
	run->at_least = by_reason && loaded->at_least;
	if (!by_reason && !loaded->has_exits)
		run->has_counted = false;
}

/* Move the laps to the run, without those to warm up. */
static void move_laps(struct bench_loaded *loaded, unsigned int warm_up,
		      struct bench_run *run)
{
	run->nr = loaded->nr - warm_up;
	memmove(loaded->lap, loaded->lap + warm_up,
		run->nr * sizeof(*loaded->lap));
	run->lap = loaded->lap;
	loaded->lap = NULL;
}

int bench_way_run(struct bench_ways *ways, const struct bench_config *config,
		  const struct bench_kind *kind, struct bench_run *run,
		  struct bench_loaded *loaded, struct why *why)
{
	int r;

	memset(run, 0, sizeof(*run));
	forget(ways);
	r = set_exit_stats(ways, config->exit_stats, why);
	if (!r)
		r = run_as(ways, config, kind->reason, run, why);
	if (!r)
		r = bench_load_take(ways->load, kind->reason, loaded, why);
	if (r)
		return r;
	take_expected(ways, config, kind->reason, loaded, run);
	run->has_kvm_time =
		config->exit_stats >= 2 &&
		!bench_load_kernel(ways->load, kind->reason, &run->kvm_time);
	move_laps(loaded, ways->warm_up, run);
	return 0;
}
