// SPDX-License-Identifier: GPL-2.0-only
/* The configurations, and parsing the output of other programs. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench_config.h"
#include "bench/bench_exec.h"
#include "bench/bench_options.h"
#include "lib/command.h"
#include "tests/tap.h"

/* --- peers --- */

static int parse(const struct bench_peer *peer, const char *text,
		 uint32_t reason, uint64_t *count)
{
	FILE *file = fmemopen((void *)text, strlen(text), "r");
	int r = peer->parse(file, reason, count);

	fclose(file);
	return r;
}

/* The output of the programs of Debian 12. */
static const struct {
	const struct bench_peer *peer;
	const char *text;
	uint64_t count;
} printed[] = {
	{ &bench_peer_perf_stat,
	  "# started on Thu Jan  1 00:00:00 2026\n\n"
	  "10013,,kvm:kvm_exit,41245000,100.00,,\n"
	  "10015,,kvm:kvm_entry,41245000,100.00,,\n",
	  10013 },
	{ &bench_peer_perf_kvm_stat,
	  "Analyze events for all VMs, all VCPUs:\n\n"
	  "             VM-EXIT    Samples  Samples%     Time%\n"
	  "               cpuid      39608    99.92%    98.52%\n\n"
	  "Total Samples:39641, Total events handled time:161538.69us.\n",
	  39641 },
	{ &bench_peer_perf_record,
	  "Aggregated stats:\n           TOTAL events:      80181\n"
	  "          SAMPLE events:      80026  (99.8%)\n"
	  "kvm:kvm_exit stats:\n          SAMPLE events:      40013\n"
	  "kvm:kvm_entry stats:\n          SAMPLE events:      40014\n",
	  40013 },
	{ &bench_peer_bpftrace_count,
	  "Attaching 1 probe...\n\n\n@[96]: 12\n@[114]: 10008\n@[1024]: 3\n",
	  10008 },
	{ &bench_peer_bpftrace_hist,
	  "Attaching 3 probes...\n\n\n@ns[96]: \n"
	  "[4K, 8K)              12 |@@@@|\n\n"
	  "@ns[114]: \n"
	  "[2K, 4K)            9990 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|\n"
	  "[4K, 8K)              18 |                              |\n\n"
	  "@ns[1024]: \n[8K, 16K)              3 |@@@@|\n",
	  10008 },
	{ &bench_peer_trace_cmd,
	  "cpus=1\n\nKernel buffer statistics:\n"
	  "  Note: \"entries\" are the entries left in the kernel ring buffer\n"
	  "\nCPU: 0\nentries: 13496\noverrun: 0\ncommit overrun: 0\n"
	  "bytes: 705944\ndropped events: 0\nread events: 58656\n",
	  36076 },
	/* The output of trace-cmd with an instance of its own (-B). */
	{ &bench_peer_trace_cmd,
	  "cpus=2\n\nKernel buffer statistics:\n"
	  "  Note: \"entries\" are the entries left in the kernel ring buffer "
	  "and are not\n        recorded in the trace data. "
	  "They should all be zero.\n\n\nBuffer: exitledger-bench\n\n\n"
	  "CPU: 0\nentries: 65\noverrun: 0\ncommit overrun: 0\nbytes: 3860\n"
	  "oldest event ts:  2019.782560\nnow ts:  2019.983092\n"
	  "dropped events: 0\nread events: 0\n\n"
	  "CPU: 1\nentries: 58\noverrun: 0\ncommit overrun: 0\nbytes: 3328\n"
	  "oldest event ts:  2019.784292\nnow ts:  2019.983119\n"
	  "dropped events: 0\nread events: 1\n\n",
	  62 },
	{ &bench_peer_bcc_kvmexit,
	  "Display kvm exit reasons and statistics for all threads "
	  "after sleeping 3600 secs.\n\n"
	  "PID      TID      KVM_EXIT_REASON                     COUNT\n"
	  "1273551  1273568  CPUID                               10008   \n"
	  "1273551  1273568  N/A                                 2       \n"
	  "1274253  1274261  EXTERNAL_INTERRUPT                  3       \n",
	  10013 },
};

START_TEST(peers_counts_are_read)
{
	uint64_t count = 0;

	ck_assert_int_eq(parse(printed[_i].peer, printed[_i].text, 114, &count),
			 0);
	ck_assert_uint_eq(count, printed[_i].count);
	ck_assert_int_eq(parse(printed[_i].peer, "nothing of the kind\n", 114,
			       &count),
			 -ENODATA);
	if (printed[_i].peer->by_reason)
		ck_assert_int_eq(parse(printed[_i].peer, printed[_i].text, 11,
				       &count),
				 -ENODATA);
}
END_TEST

START_TEST(tracefs_counts_are_read)
{
	char hist[] = "# event histogram\n#\n\n"
		      "{ exit_reason:         96 } hitcount:         12\n"
		      "{ exit_reason:        114 } hitcount:      10008\n";
	char stats[] = "entries: 26888\noverrun: 53000\n";
	uint64_t count = 0;
	FILE *file = fmemopen(hist, strlen(hist), "r");

	ck_assert_int_eq(bench_parse_tracefs_hist(file, 114, &count), 0);
	ck_assert_uint_eq(count, 10008);
	ck_assert_int_eq(bench_parse_tracefs_hist(file, 114, &count), -ENODATA);
	fclose(file);
	file = fmemopen(stats, strlen(stats), "r");
	ck_assert_int_eq(bench_parse_tracefs_stats(file, &count), 0);
	ck_assert_uint_eq(count, 26888);
	fclose(file);
}
END_TEST

START_TEST(words_take_their_places)
{
	char *load[] = { (char *)"/bin/microguest", (char *)"cpuid=1", NULL };
	struct bench_words words = { load, "T", "D" };
	char **argv = bench_peer_argv(bench_peer_perf_record.command, &words);
	char line[512];
	size_t nr = 0;

	while (argv[nr])
		nr++;
	ck_assert_str_eq(argv[0], "perf");
	ck_assert_str_eq(argv[nr - 2], "/bin/microguest");
	ck_assert_str_eq(argv[nr - 1], "cpuid=1");
	ck_assert_str_eq(argv[5], "D");
	free(argv);
	argv = bench_peer_argv(bench_peer_bpftrace_count.command, &words);
	ck_assert_str_eq(argv[2], "T");
	ck_assert_str_eq(argv[4], "/bin/microguest cpuid=1");
	free(argv);
	bench_peer_line(bench_peer_bpftrace_count.command, line, sizeof(line));
	ck_assert_str_eq(line, "bpftrace -o FILE -c LOAD -e "
			       "'tracepoint:kvm:kvm_exit { "
			       "@[args->exit_reason] = count(); }'");
	bench_peer_line(bench_peer_bpftrace_count.command, line, 12);
	ck_assert_str_eq(line, "bpftrace -o");
}
END_TEST

START_TEST(configurations_are_sound)
{
	ck_assert_int_eq(bench_config_find("nothing", 7), BENCH_BASE);
	ck_assert_int_eq(bench_config_find("again", 5), BENCH_NULL);
	ck_assert_int_eq(bench_config_find("nothing", 6), -1);
	for (size_t i = 0; i < bench_nr_configs; i++) {
		const struct bench_config *config = &bench_configs[i];

		ck_assert_uint_lt(strlen(config->title), 29);
		ck_assert_int_eq(bench_config_find(config->name,
						   strlen(config->name)),
				 i);
		ck_assert_int_eq(config->way == WAY_PEER, config->peer != NULL);
	}
}
END_TEST

/* --- options --- */

START_TEST(options_choose_configurations)
{
	char *all[] = { (char *)"bench", NULL };
	char *some[] = {
		(char *)"bench",      (char *)"--config=ours,perf_stat",
		(char *)"--rounds=5", (char *)"cpuid",
		(char *)"out",	      NULL
	};
	struct bench_options options;

	bench_options_parse(1, all, &options);
	for (size_t i = 0; i < bench_nr_configs; i++)
		ck_assert(options.config[i]);
	ck_assert_str_eq(options.kind[0], "cpuid");
	ck_assert(!options.kinds_named);
	bench_options_free(&options);
	bench_options_parse(5, some, &options);
	for (size_t i = 0; i < bench_nr_configs; i++)
		ck_assert_int_eq(options.config[i],
				 bench_config_is_ours(&bench_configs[i]) ||
					 !strcmp(bench_configs[i].name,
						 "perf_stat"));
	ck_assert_uint_eq(options.rounds, 5);
	ck_assert(options.kinds_named);
	ck_assert_str_eq(options.kind[1], "out");
	ck_assert_ptr_null(options.kind[2]);
	bench_options_free(&options);
}
END_TEST

/* --- running them --- */

/* Has a process ended?  It may still be there as a zombie. */
static bool is_gone(long pid)
{
	char path[64], line[8] = "";
	size_t length;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%ld/cmdline", pid);
	file = fopen(path, "re");
	if (!file)
		return true;
	length = fread(line, 1, sizeof(line) - 1, file);
	fclose(file);
	return !length || !line[0];
}

/*
 * This program is interrupted while a tool runs.  The tool takes a while to
 * undo its settings, and has a process in the background.
 */
START_TEST(interrupted_tools_clean_up)
{
	char out[] = "/tmp/test_bench_peers.XXXXXX", word[16] = "";
	static const char script[] =
		"trap 'sleep 0.5; echo cleaned; exit' INT; sleep 100 & "
		"echo $!; kill -INT $PPID; wait; wait";
	const char *const argv[] = { "sh", "-c", script, NULL };
	struct why why = { "" };
	long pid = 0;
	FILE *file;
	int fd = mkstemp(out);

	ck_assert_int_ge(fd, 0);
	close(fd);
	command_catch_signals();
	ck_assert_int_eq(exec_run((char *const *)argv, out, "/dev/null", &why),
			 -EINTR);
	file = fopen(out, "re");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fscanf(file, "%ld %15s", &pid, word), 2);
	fclose(file);
	unlink(out);
	ck_assert_str_eq(word, "cleaned");
	for (int i = 0; i < 100 && !is_gone(pid); i++)
		usleep(20000);
	ck_assert(is_gone(pid));
}
END_TEST

static Suite *suite(void)
{
	const int nr = sizeof(printed) / sizeof(printed[0]);
	Suite *suite = suite_create("bench_peers");
	TCase *tcase = tcase_create("bench_peers");

	tcase_add_loop_test(tcase, peers_counts_are_read, 0, nr);
	tcase_add_test(tcase, tracefs_counts_are_read);
	tcase_add_test(tcase, words_take_their_places);
	tcase_add_test(tcase, configurations_are_sound);
	tcase_add_test(tcase, options_choose_configurations);
	tcase_add_test(tcase, interrupted_tools_clean_up);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return tap_run(suite());
}
