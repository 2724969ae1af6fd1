// SPDX-License-Identifier: GPL-2.0-only
/* Chooses those programs of the BPF object that the options need. */
#include <bpf/libbpf.h>

#include "exit_leaves.h"
#include "ledger/isa.h"
#include "observe/observer_private.h"

/* The leaves of exit_leaves.h that are about one reason. */
#define OUR_LEAVES_BY_REASON                                \
	(1u << (EXIT_LEAF_REASON_EXITS - EXIT_LEAF_FIRST) | \
	 1u << (EXIT_LEAF_REASON_CYCLES - EXIT_LEAF_FIRST))

/*
 * The name of a program tells how it is attached and how it reads the reason,
 * and its end tells what it does.
 */
#define EXIT_JOBS(bpf, name)                             \
	{                                                \
		[JOB_COUNT] = (bpf)->progs.name##_count, \
		[JOB_SUM] = (bpf)->progs.name##_time,    \
		[JOB_TIME] = (bpf)->progs.name##_time,   \
		[JOB_ALL] = (bpf)->progs.name##_all,     \
	}
#define ENTRY_JOBS(bpf, name)                          \
	{                                              \
		[JOB_SUM] = (bpf)->progs.name##_sum,   \
		[JOB_TIME] = (bpf)->progs.name##_time, \
		[JOB_ALL] = (bpf)->progs.name##_all,   \
	}

enum job {
	JOB_COUNT,
	JOB_SUM,
	JOB_TIME,
	JOB_ALL,
	NR_JOBS,
};

static enum job job_of(const struct observer_options *options)
{
	if (options->count_only)
		return JOB_COUNT;
	if (options->answers || options->fast || options->off_cpu ||
	    options->by || options->slower_than_ns)
		return JOB_ALL;
	return options->no_histogram ? JOB_SUM : JOB_TIME;
}

static void choose_exit(struct observer_bpf *bpf, struct choice choice,
			enum job job)
{
	struct bpf_program *const program[][NR_READERS][NR_JOBS] = {
		[ATTACH_TP_BTF] = {
			[READ_SVM] = EXIT_JOBS(bpf, exit_btf_svm),
			[READ_VMX] = EXIT_JOBS(bpf, exit_btf_vmx),
			[READ_SVM_DATA] = EXIT_JOBS(bpf, exit_btf_svm_data),
			[READ_PROBE] = EXIT_JOBS(bpf, exit_btf),
			[READ_OWN] = EXIT_JOBS(bpf, exit_btf_own),
		},
		[ATTACH_RAW_TP] = {
			[READ_SVM] = EXIT_JOBS(bpf, exit_raw_svm),
			[READ_VMX] = EXIT_JOBS(bpf, exit_raw_vmx),
			[READ_PROBE] = EXIT_JOBS(bpf, exit_raw),
			[READ_OWN] = EXIT_JOBS(bpf, exit_raw_own),
		},
		[ATTACH_TP] = {
			[READ_PROBE] = EXIT_JOBS(bpf, exit_tp),
		},
	};

	bpf_program__set_autoload(program[choice.attach][choice.reader][job],
				  true);
}

static void choose_entry(struct observer_bpf *bpf, struct choice choice,
			 enum job job)
{
	struct bpf_program *const program[][NR_JOBS] = {
		[ATTACH_TP_BTF] = ENTRY_JOBS(bpf, entry_btf),
		[ATTACH_RAW_TP] = ENTRY_JOBS(bpf, entry_raw),
		[ATTACH_TP] = ENTRY_JOBS(bpf, entry_tp),
	};
	struct bpf_program *const own[][NR_JOBS] = {
		[ATTACH_TP_BTF] = ENTRY_JOBS(bpf, entry_btf_own),
		[ATTACH_RAW_TP] = ENTRY_JOBS(bpf, entry_raw_own),
	};

	if (job != JOB_COUNT)
		bpf_program__set_autoload(choice.reader == READ_OWN ?
						  own[choice.attach][job] :
						  program[choice.attach][job],
					  true);
}

static void choose_programs(const struct observer *observer,
			    struct choice choice)
{
	const struct observer_options *options = &observer->options;
	struct observer_bpf *bpf = observer->bpf;
	const char *handled = observer_isa(observer->isa)->handled;
	struct bpf_program *program;

	bpf_object__for_each_program (program, bpf->obj) {
		bpf_program__set_autoload(program, false);
	}
	choose_exit(bpf, choice, job_of(options));
	choose_entry(bpf, choice, job_of(options));
	bpf_program__set_autoload(bpf->progs.vcpu_end,
				  choice.ends >= ENDS_FENTRY);
	bpf_program__set_autoload(bpf->progs.vcpu_end_probe,
				  choice.ends == ENDS_KPROBE);
	bpf_program__set_autoload(bpf->progs.cpuid_answer, options->answers);
	bpf_program__set_autoload(bpf->progs.vmx_emulated,
				  choice.ends == ENDS_FENTRY_EMULATED);
	bpf_program__set_autoload(bpf->progs.cpuid_mark,
				  options->marks && choice.attach != ATTACH_TP);
	bpf_program__set_autoload(bpf->progs.vcpu_reset,
				  options->marks &&
					  choice.ends >= ENDS_FENTRY &&
					  choice.attach != ATTACH_TP);
	bpf_program__set_autoload(bpf->progs.off_cpu, options->off_cpu);
	bpf_program__set_autoload(bpf->progs.run_called, options->split);
	bpf_program__set_autoload(bpf->progs.run_returns, options->split);
	bpf_program__set_autoload(bpf->progs.key_mmio,
				  options->by == LEDGER_KEY_MMIO);
	bpf_program__set_autoload(bpf->progs.key_fast_mmio,
				  options->by == LEDGER_KEY_MMIO);
	bpf_program__set_autoload(
		bpf->progs.rip_read,
		options->by == LEDGER_KEY_RIP &&
			observer_isa(observer->isa)->reads_rip);
	if (options->fast && handled)
		bpf_program__set_autoload(
			bpf_object__find_program_by_name(bpf->obj, handled),
			true);
}

static void configure(const struct observer *observer, struct choice choice)
{
	const struct observer_options *options = &observer->options;
	struct observer_bpf__rodata *rodata = observer->bpf->rodata;
	const struct numbering *numbering = options->numbering;
	const struct isa *isa = isa_find(observer->isa);

	hist_table((uint8_t *)rodata->hist_bucket);
	rodata->config = (struct obs_config){
		.slower_than_ns = options->slower_than_ns,
		.isa = observer->isa,
		.roles = *isa_roles(observer->isa),
		.info_at_exit = isa && isa->info_at_exit,
		.by = options->by,
		.leaf_first = EXIT_LEAF_FIRST,
		.leaf_last = EXIT_LEAF_LAST,
		.leaf_by_reason = OUR_LEAVES_BY_REASON,
		.answers = options->answers,
		.fast = options->fast,
		.off_cpu = options->off_cpu,
		.split = options->split,
		.slow_hlt = options->slow_hlt,
		.classic = choice.attach == ATTACH_TP,
		.more = options->fast || options->off_cpu || options->by ||
			options->slower_than_ns,
		.no_ends = choice.ends == ENDS_UNSEEN,
	};
	if (!numbering)
		return;
	rodata->config.leaf_first = numbering->first;
	rodata->config.leaf_last = numbering->last;
	rodata->config.leaf_by_reason = numbering_by_reason(numbering);
	rodata->config.answers_at_entry = true;
}

bool observer_is_emulating(const struct observer_options *options, u32 isa)
{
	const struct isa *row = isa_find(isa);

	return options->answers && row && row->emulates;
}

/*
 * The end of a vCPU is noticed by the vCPU's address.  Records of classic
 * tracepoints lack it, and BPF can find it elsewhere only with KVM's types.
 */
enum ends observer_best_ends(const struct kvm_btf *btf, enum attach attach,
			     const struct observer_options *options, u32 isa)
{
	if (attach == ATTACH_TP && !btf->kvm)
		return ENDS_UNSEEN;
	return observer_is_emulating(options, isa) ? ENDS_FENTRY_EMULATED :
						     ENDS_FENTRY;
}

void observer_choose(const struct observer *observer, struct choice choice)
{
	choose_programs(observer, choice);
	configure(observer, choice);
}
