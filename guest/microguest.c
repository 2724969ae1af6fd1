// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a guest that executes a known number of exiting instructions, and then
 * reads its exit counters: a ground truth for whoever counts exits.
 */
#include <argp.h>
#include <cpuid.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "micro.h"
#include "reasons.h"
#include "report.h"
#include "vmm.h"

#ifndef EXITLEDGER_VERSION
#define EXITLEDGER_VERSION "unknown"
#endif

enum { STATUS_FAILED = 1, STATUS_USAGE = 64 };

const char *argp_program_version = "microguest " EXITLEDGER_VERSION;

/* The kinds of work, and the reasons that their exits have. */
static const struct kind {
	const char *name;
	uint32_t vmx, svm;
	const char *what;
} kinds[MICRO_KINDS] = {
	[MICRO_CPUID] = { "cpuid", EXIT_VMX_CPUID, EXIT_SVM_CPUID, "CPUID" },
	[MICRO_OUT] = { "out", EXIT_VMX_IO_INSTRUCTION, EXIT_SVM_IOIO,
			"OUT, to userspace" },
	[MICRO_IN] = { "in", EXIT_VMX_IO_INSTRUCTION, EXIT_SVM_IOIO,
		       "IN, from userspace" },
	[MICRO_HLT] = { "hlt", EXIT_VMX_HLT, EXIT_SVM_HLT,
			"HLT, to userspace" },
	[MICRO_RDMSR] = { "rdmsr", EXIT_VMX_MSR_READ, EXIT_SVM_MSR,
			  "RDMSR of IA32_APIC_BASE" },
	[MICRO_VMCALL] = { "vmcall", EXIT_VMX_VMCALL, EXIT_SVM_VMMCALL,
			   "VMCALL or VMMCALL" },
};

struct options {
	uint64_t work[MICRO_KINDS]; /* per vCPU */
	unsigned int vcpus;
	unsigned int reads; /* of every leaf */
	const char *report;
};

/* A vCPU's thread, and what it saw. */
struct worker {
	struct vmm *vmm;
	unsigned int id;
	pthread_t thread;
	uint64_t io, hlt;
	int r;
	char why[160];
};

static bool host_is_amd(void)
{
	unsigned int eax, ebx, ecx, edx;

	__cpuid(0, eax, ebx, ecx, edx);
	return ebx == signature_AMD_ebx || ebx == 0x6f677948; /* "Hygo" */
}

static uint32_t reason_of(const struct kind *kind)
{
	return host_is_amd() ? kind->svm : kind->vmx;
}

static struct micro_block *block_of(struct vmm *vmm, unsigned int vcpu)
{
	return (void *)(vmm->memory + MICRO_BLOCKS + vcpu * MICRO_BLOCK_SIZE);
}

static struct micro_read *reads_of(struct vmm *vmm)
{
	return (void *)(vmm->memory + MICRO_READS);
}

/* Put code, page tables (one page of 2 MiB) and work into the guest's memory. */
static int load_guest(struct vmm *vmm, const struct options *options)
{
	uint64_t entry[] = { MICRO_PDPT | 3, MICRO_PD | 3, 0x83 };

	memcpy(vmm->memory + MICRO_CODE, micro_code, micro_code_size);
	memcpy(vmm->memory + MICRO_PML4, &entry[0], 8);
	memcpy(vmm->memory + MICRO_PDPT, &entry[1], 8);
	memcpy(vmm->memory + MICRO_PD, &entry[2], 8);
	for (unsigned int i = 0; i < options->vcpus; i++) {
		struct micro_block *block = block_of(vmm, i);
		int r;

		memcpy(block->work, options->work, sizeof(options->work));
		block->is_amd = host_is_amd();
		r = vmm_start_at(vmm, i, MICRO_CODE,
				 MICRO_BLOCKS + i * MICRO_BLOCK_SIZE);
		if (r)
			return r;
	}
	return 0;
}

static void ask(struct vmm *vmm, uint32_t leaf, uint32_t index)
{
	struct micro_block *block = block_of(vmm, 0);

	reads_of(vmm)[block->nr_reads++] =
		(struct micro_read){ .leaf = leaf, .index = index };
}

/* Once per reason that is provoked; CPUID's last, as every read is one. */
static void ask_reasons(struct vmm *vmm, uint32_t leaf)
{
	for (int i = MICRO_KINDS - 1; i >= 0; i--) {
		if (i != MICRO_IN) /* shares OUT's reason */
			ask(vmm, leaf, reason_of(&kinds[i]));
	}
}

static void ask_all(struct vmm *vmm, const struct options *options)
{
	for (unsigned int i = 0; i < options->reads; i++) {
		ask(vmm, EXIT_LEAF_INFO, 0);
		ask(vmm, EXIT_LEAF_INFO, 1);
		ask_reasons(vmm, EXIT_LEAF_REASON_EXITS);
		ask(vmm, EXIT_LEAF_EXITS, 0);
		ask(vmm, EXIT_LEAF_CYCLES, 0);
		ask_reasons(vmm, EXIT_LEAF_REASON_CYCLES);
	}
}

/* Run a vCPU until its guest says something that ends a phase. */
static void run_until(struct worker *worker, uint16_t port)
{
	struct kvm_run *run = worker->vmm->vcpu[worker->id].run;

	while (!(worker->r = vmm_run(worker->vmm, worker->id))) {
		switch (run->exit_reason) {
		case KVM_EXIT_IO:
			worker->io++;
			if (run->io.port == port)
				return;
			break;
		case KVM_EXIT_HLT:
			worker->hlt++;
			break;
		default:
			worker->r = -EPROTO;
			snprintf(
				worker->why, sizeof(worker->why),
				"vCPU %u: unexpected KVM exit %u (suberror %u)",
				worker->id, run->exit_reason,
				run->internal.suberror);
			return;
		}
	}
	snprintf(worker->why, sizeof(worker->why), "vCPU %u: KVM_RUN: %s",
		 worker->id, strerror(-worker->r));
}

static void *work(void *data)
{
	struct worker *worker = data;

	run_until(worker, MICRO_PORT_WORKED);
	return NULL;
}

/* Did guest and VMM see as much work as was asked for? */
static int check_work(struct vmm *vmm, const struct options *options,
		      const struct worker *worker)
{
	const struct micro_block *block = block_of(vmm, worker->id);

	for (int i = 0; i < MICRO_KINDS; i++) {
		if (block->done[i] == options->work[i])
			continue;
		snprintf(vmm->why, sizeof(vmm->why),
			 "vCPU %u did %llu times '%s', not %llu", worker->id,
			 (unsigned long long)block->done[i], kinds[i].name,
			 (unsigned long long)options->work[i]);
		return -EPROTO;
	}
	if (worker->io ==
		    options->work[MICRO_OUT] + options->work[MICRO_IN] + 1 &&
	    worker->hlt == options->work[MICRO_HLT])
		return 0;
	snprintf(vmm->why, sizeof(vmm->why),
		 "vCPU %u: userspace saw %llu I/O and %llu HLT exits",
		 worker->id, (unsigned long long)worker->io,
		 (unsigned long long)worker->hlt);
	return -EPROTO;
}

/* All vCPUs work, side by side; then the first one reads the leaves. */
static int run_guest(struct vmm *vmm, const struct options *options)
{
	struct worker workers[MICRO_MAX_VCPUS];
	unsigned int started = 0;
	int r = 0;

	for (unsigned int i = 0; i < MICRO_MAX_VCPUS; i++)
		workers[i] = (struct worker){ .vmm = vmm, .id = i };
	for (unsigned int i = 0; i < options->vcpus && !r; i++) {
		r = -pthread_create(&workers[i].thread, NULL, work,
				    &workers[i]);
		started += !r;
	}
	if (r)
		snprintf(vmm->why, sizeof(vmm->why),
			 "cannot start a thread: %s", strerror(-r));
	for (unsigned int i = 0; i < started; i++) {
		pthread_join(workers[i].thread, NULL);
		if (!r && workers[i].r) {
			r = workers[i].r;
			strcpy(vmm->why, workers[i].why);
		}
		if (!r)
			r = check_work(vmm, options, &workers[i]);
	}
	if (r)
		return r;
	run_until(&workers[0], MICRO_PORT_READ);
	if (workers[0].r)
		strcpy(vmm->why, workers[0].why);
	return workers[0].r;
}

/* Exits that the guest has caused for a reason, at its nth read. */
static uint64_t executed(const struct options *options, uint32_t reason,
			 size_t nth)
{
	uint64_t sum = 0;

	for (int i = 0; i < MICRO_KINDS; i++) {
		if (reason_of(&kinds[i]) == reason)
			sum += options->vcpus * options->work[i];
	}
	if (reason == reason_of(&kinds[MICRO_OUT]))
		sum += options->vcpus; /* "all work is done" */
	if (reason == reason_of(&kinds[MICRO_CPUID]))
		sum += nth + 1;
	return sum;
}

/* The guest's reads as a report; an ABI that is not there has none. */
static int take_reads(struct vmm *vmm, const struct options *options,
		      struct leaves *leaves)
{
	const struct micro_read *read = reads_of(vmm);
	size_t nr = block_of(vmm, 0)->nr_reads;

	leaves->io = calloc(nr, sizeof(*leaves->io));
	if (!leaves->io)
		return -ENOMEM;
	if (read[0].ebx != EXIT_LEAF_SIG_EBX ||
	    read[0].ecx != EXIT_LEAF_SIG_ECX ||
	    read[0].edx != EXIT_LEAF_SIG_EDX)
		return 0;
	leaves->abi = read[0].eax;
	leaves->isa = read[1].eax;
	leaves->vcpus = read[1].ecx;
	leaves->counting = read[1].edx & EXIT_LEAF_COUNTING;
	leaves->timing = read[1].edx & EXIT_LEAF_TIMING;
	leaves->nr = nr;
	for (size_t i = 0; i < nr; i++) {
		leaves->io[i] = (struct leaf_io){
			.leaf = read[i].leaf,
			.index = read[i].index,
			.eax = read[i].eax,
			.ebx = read[i].ebx,
			.ecx = read[i].ecx,
			.edx = read[i].edx,
			.has_executed = read[i].leaf == EXIT_LEAF_REASON_EXITS,
			.executed = executed(options, read[i].index, i),
		};
	}
	return 0;
}

static int write_report(const struct leaves *leaves, const char *path,
			struct vmm *vmm)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "we") : stdout;
	int r;

	if (!file) {
		r = -errno;
	} else {
		r = report_json(leaves, "microguest", file);
		if (file != stdout && fclose(file) && !r)
			r = -errno;
	}
	if (r)
		snprintf(vmm->why, sizeof(vmm->why), "%.80s: %s", path,
			 strerror(-r));
	return r;
}

/* All reads must find room in the guest's memory. */
#define MAX_ROUNDS (MICRO_MAX_READS / (4 + 2 * (MICRO_KINDS - 1)))

enum { OPT_VCPUS = 256, OPT_READS, OPT_REPORT };

static const struct argp_option option_rows[] = {
	{ "vcpus", OPT_VCPUS, "N", 0,
	  "vCPUs, each of which does all of the work (default 1)", 0 },
	{ "reads", OPT_READS, "N", 0,
	  "How often the first vCPU then reads every leaf (default 1)", 0 },
	{ "report", OPT_REPORT, "FILE", 0,
	  "Write the guest's report; '-': standard output (default)", 0 },
	{ 0 },
};

static void parse_work(char *arg, struct options *options,
		       struct argp_state *state)
{
	size_t length = strcspn(arg, "=");
	char *end;

	for (int i = 0; i < MICRO_KINDS; i++) {
		if (strlen(kinds[i].name) != length ||
		    strncmp(arg, kinds[i].name, length))
			continue;
		errno = 0;
		options->work[i] = strtoull(arg + length + 1, &end, 0);
		if (!arg[length] || end == arg + length + 1 || *end || errno ||
		    strchr(arg, '-'))
			argp_error(state, "'%s': how many of them?", arg);
		return;
	}
	argp_error(state, "'%s': there is no such work", arg);
}

static unsigned int parse_number(const char *arg, unsigned int most,
				 const char *option,
				 const struct argp_state *state)
{
	unsigned long number;
	char *end;

	number = strtoul(arg, &end, 10);
	if (end == arg || *end || !number || number > most)
		argp_error(state, "%s takes 1 to %u, not '%s'", option, most,
			   arg);
	return number;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case OPT_VCPUS:
		options->vcpus =
			parse_number(arg, MICRO_MAX_VCPUS, "--vcpus", state);
		return 0;
	case OPT_READS:
		options->reads =
			parse_number(arg, MAX_ROUNDS, "--reads", state);
		return 0;
	case OPT_REPORT:
		options->report = arg;
		return 0;
	case ARGP_KEY_ARG:
		parse_work(arg, options, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static char *list_kinds(int key, const char *text, void *input)
{
	char *list = NULL;
	size_t size;
	FILE *out;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	out = open_memstream(&list, &size);
	if (!out)
		return NULL;
	fputs("Kinds of work:\n", out);
	for (int i = 0; i < MICRO_KINDS; i++)
		fprintf(out, "  %-8s %s\n", kinds[i].name, kinds[i].what);
	fclose(out);
	return list;
}

static const struct argp parser = {
	.options = option_rows,
	.parser = parse_option,
	.args_doc = "WORK=N...",
	.doc = "Run a guest that executes a known number of exiting instructions."
	       "\v",
	.help_filter = list_kinds,
};

int main(int argc, char **argv)
{
	struct options options = { .vcpus = 1, .reads = 1, .report = "-" };
	struct leaves leaves = { 0 };
	struct vmm vmm;
	int r;

	argp_err_exit_status = STATUS_USAGE;
	argp_parse(&parser, argc, argv, 0, NULL, &options);
	r = vmm_create(&vmm, MICRO_MEMORY, options.vcpus, MICRO_PML4);
	if (!r)
		r = load_guest(&vmm, &options);
	if (!r) {
		ask_all(&vmm, &options);
		r = run_guest(&vmm, &options);
	}
	if (!r)
		r = take_reads(&vmm, &options, &leaves);
	if (!r)
		r = write_report(&leaves, options.report, &vmm);
	if (r)
		fprintf(stderr, "microguest: %s\n",
			vmm.why[0] ? vmm.why : strerror(-r));
	leaves_free(&leaves);
	vmm_destroy(&vmm);
	return r ? STATUS_FAILED : 0;
}
