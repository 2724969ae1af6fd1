// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "bench/bench_config.h"

#define COUNTS (GIVES_COUNT | GIVES_REASON)
#define TIMES (COUNTS | GIVES_TIME)
#define ALL (TIMES | GIVES_HISTOGRAM)

#define OBSERVER(id, text, type, what)                          \
	{                                                       \
		.name = (id), .title = (text), .gives = (what), \
		.way = WAY_OBSERVER,                            \
		.observe = {                                    \
			.attach = (type),                       \
			.count_only = (what) == COUNTS,         \
			.no_histogram = (what) == TIMES,        \
		},                                              \
	}
#define PEER(id, text, what)                                   \
	{                                                      \
		.name = #id, .title = (text), .gives = (what), \
		.way = WAY_PEER, .peer = &bench_peer_##id,     \
	}

const struct bench_config bench_configs[] = {
	{ .name = "nothing", .title = "nothing" },
	{ .name = "again", .title = "nothing, once more" },
	{ .name = "kernel_count",
	  .title = "KVM's counters: count",
	  .gives = COUNTS,
	  .exit_stats = 1 },
	{ .name = "kernel_time",
	  .title = "KVM's counters: and time",
	  .gives = TIMES,
	  .exit_stats = 2 },
	{ .name = "kernel_hist",
	  .title = "KVM's counters: histograms",
	  .gives = ALL,
	  .exit_stats = 3 },
	OBSERVER("count_btf", "observer: count, tp_btf", ATTACH_TP_BTF, COUNTS),
	OBSERVER("count_raw", "observer: count, raw_tp", ATTACH_RAW_TP, COUNTS),
	OBSERVER("count_tp", "observer: count, tp", ATTACH_TP, COUNTS),
	OBSERVER("sum_btf", "observer: times, tp_btf", ATTACH_TP_BTF, TIMES),
	OBSERVER("hist_btf", "observer: histogram, tp_btf", ATTACH_TP_BTF, ALL),
	OBSERVER("hist_raw", "observer: histogram, raw_tp", ATTACH_RAW_TP, ALL),
	OBSERVER("hist_tp", "observer: histogram, tp", ATTACH_TP, ALL),
	{ .name = "both",
	  .title = "KVM's counters and observer",
	  .gives = ALL,
	  .way = WAY_OBSERVER,
	  .exit_stats = 2 },
	PEER(perf_stat, "perf stat, kvm_exit", GIVES_COUNT),
	PEER(perf_stat_pair, "perf stat, and kvm_entry", GIVES_COUNT),
	PEER(perf_kvm_stat, "perf kvm stat record", ALL),
	PEER(perf_record, "perf record, both", ALL),
	PEER(bpftrace_count, "bpftrace, count by reason", COUNTS),
	PEER(bpftrace_hist, "bpftrace, histogram of times", ALL),
	PEER(trace_cmd, "trace-cmd record, both", ALL),
	{ .name = "tracefs",
	  .title = "tracefs, both events on",
	  .gives = ALL,
	  .way = WAY_TRACEFS_EVENTS },
	{ .name = "tracefs_hist",
	  .title = "tracefs, count by reason",
	  .gives = COUNTS,
	  .way = WAY_TRACEFS_HIST },
	PEER(bcc_kvmexit, "bcc kvmexit", COUNTS),
};
const size_t bench_nr_configs =
	sizeof(bench_configs) / sizeof(bench_configs[0]);

const char *const bench_kind_names[] = {
#define MICRO_KIND(id, svm, vmx, needs, what) #id,
#include "guest/micro_kinds.def"
#undef MICRO_KIND
	NULL,
};

const struct bench_kind_row bench_kinds[] = {
	{ "cpuid", "CPUID" },
	{ "rdmsr", "RDMSR" },
	{ "pic", "I/O port, in the kernel" },
	{ "out", "I/O port, to userspace" },
	{ "mmio", "MMIO, to userspace" },
	{ "hlt_due", "HLT, woken at once by a timer" },
	{ "vmcall", "hypercall" },
};
const size_t bench_nr_kinds = sizeof(bench_kinds) / sizeof(bench_kinds[0]);

int bench_config_find(const char *name, size_t length)
{
	for (size_t i = 0; i < bench_nr_configs; i++) {
		if (strlen(bench_configs[i].name) == length &&
		    !strncmp(bench_configs[i].name, name, length))
			return i;
	}
	return -1;
}

bool bench_config_is_ours(const struct bench_config *config)
{
	return config->way == WAY_NOTHING || config->way == WAY_OBSERVER;
}
