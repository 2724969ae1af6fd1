// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a guest that executes a known number of instructions that exit, and then
 * reads its exit counters.  Programs that count exits can be compared with
 * these numbers.
 */
#include <cpuid.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "kinds.h"
#include "ledger/reasons.h"
#include "lib/cli.h"
#include "lib/quantity.h"
#include "lib/safe_stream.h"
#include "lib/version.h"
#include "micro_image.h"
#include "micro_run.h"
#include "processor.h"
#include "report.h"

const char *argp_program_version = "microguest " EXITLEDGER_VERSION;

struct options {
	struct micro_run run;
	const char *report;
	const char *cycles;
	const char *counts;
	const char *registers;
	const char *symbols;
	struct numbering numbering; /* that of --leaves */
	const char *output; /* the option that uses standard output, or NULL */
	int cpu; /* -1: any CPU */
};

/* Returns which virtualization this processor has. */
static int host_isa(void)
{
	return processor_is_amd() ? EXIT_ISA_SVM : EXIT_ISA_VMX;
}

/* Can kvm_intel run every state of real mode, without emulation? */
static bool is_unrestricted(void)
{
	FILE *file = fopen(
		"/sys/module/kvm_intel/parameters/unrestricted_guest", "re");
	int first = file ? getc(file) : 'N';

	if (file)
		fclose(file);
	return first == 'Y';
}

static unsigned int host_has(void)
{
	const unsigned int monitor = 1u << 3; /* SDM, table 3-10 */
	unsigned int eax, ebx, ecx, edx;

	__cpuid(1, eax, ebx, ecx, edx);
	return (ecx & monitor ? NEED_MONITOR : 0) |
	       (ecx & bit_XSAVE ? NEED_XSAVE : 0) |
	       (is_unrestricted() ? 0 : NEED_NO_UNRESTRICTED);
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

enum {
	OPT_VCPUS = 256,
	OPT_READS,
	OPT_REPORT,
	OPT_LIST,
	OPT_LAPS,
	OPT_CYCLES,
	OPT_ALL,
	OPT_MEANWHILE,
	OPT_STOP,
	OPT_TURNS,
	OPT_EMULATED,
	OPT_PAUSE,
	OPT_COUNTS,
	OPT_CPU,
	OPT_LEAVES,
	OPT_REGISTERS,
	OPT_SYMBOLS
};

static const struct argp_option option_rows[] = {
	{ "vcpus", OPT_VCPUS, "N", 0,
	  "Use N vCPUs, each of which does all of the work (default 1)", 0 },
	{ "reads", OPT_READS, "N", 0,
	  "Let the first vCPU read every leaf N times at the end (default 1)",
	  0 },
	{ "report", OPT_REPORT, "FILE", 0,
	  "Write the guest's report to FILE; '-' is standard output (default)",
	  0 },
	{ "laps", OPT_LAPS, "N", 0, "Do the work N times (default 1)", 0 },
	{ "cycles", OPT_CYCLES, "FILE", 0,
	  "Write the TSC cycles of the first vCPU's laps, one number per line",
	  0 },
	{ "counts", OPT_COUNTS, "FILE", 0,
	  "Write the numbers of exits that were caused: 'lap N' for one lap, 'exits N' for all exits in KVM's own statistics, and 'REASON N' for each reason of the work",
	  0 },
	{ "leaves", OPT_LEAVES, "FILE", 0,
	  "Read the leaves that FILE describes, not those of exitledger: exitledger-leaves(5)",
	  0 },
	{ "registers", OPT_REGISTERS, "FILE", 0,
	  "Write what CPUID has answered: EAX and ECX before, and EAX, EBX, ECX, EDX after, per read",
	  0 },
	{ "symbols", OPT_SYMBOLS, "FILE", 0,
	  "Write the addresses of the guest's code, as in /proc/kallsyms", 0 },
	{ "cpu", OPT_CPU, "N", 0, "Run only on this CPU", 0 },
	{ "all", OPT_ALL, NULL, 0,
	  "Read the leaves for all reasons, not only for those of the work",
	  0 },
	{ "meanwhile", OPT_MEANWHILE, NULL, 0,
	  "Let the first vCPU do no work, but read while the others work; with several --reads, the last one comes at the end",
	  0 },
	{ "stop", OPT_STOP, NULL, 0,
	  "Stop (SIGSTOP) after half of the laps, or of the others' work; with several --reads, one comes just after that, so that an observer that begins during the stop sees half of the work between two reads",
	  0 },
	{ "turns", OPT_TURNS, NULL, 0,
	  "Let one thread run all vCPUs in turn: after each exit to user space, the next one",
	  0 },
	{ "emulated", OPT_EMULATED, NULL, 0,
	  "Let KVM's emulator execute the reads, as the exception #UD (needs kvm.force_emulation_prefix=1)",
	  0 },
	{ "pause", OPT_PAUSE, "TIME", 0,
	  "Wait for TIME, such as 500us, in user space at each exit that goes there",
	  0 },
	{ "list", OPT_LIST, NULL, 0,
	  "List the kinds of work that this processor has, and their reasons",
	  0 },
	{ 0 },
};

static void parse_work(char *arg, struct options *options,
		       struct argp_state *state)
{
	size_t length = strcspn(arg, "=");
	char *end;
	int kind;

	kind = kind_find(arg, length);
	if (kind < 0)
		cli_refuse(state, "'%s': there is no such work", arg);
	errno = 0;
	options->run.work[kind] = strtoull(arg + length + 1, &end, 0);
	if (!arg[length] || end == arg + length + 1 || *end || errno ||
	    strchr(arg, '-'))
		cli_refuse(state, "'%s': how many of them?", arg);
}

/*
 * List every kind of work that this processor has, with the number and the name
 * of its exit reason, if it causes an exit.
 */
static void list(void)
{
	for (int i = 0; i < MICRO_KINDS; i++) {
		uint32_t code = kinds[i].reason[host_isa()];
		unsigned int lacks = kinds[i].needs & NEED_PROCESSOR &
				     ~host_has();
		const struct exit_reason *reason =
			exit_reason_find(host_isa(), code);

		if (code == KIND_NONE || lacks)
			continue;
		if (reason)
			printf("%s 0x%03x %s\n", kinds[i].name, code,
			       reason->name);
		else
			printf("%s - no exit\n", kinds[i].name);
	}
	exit(cli_end(STATUS_OK, STATUS_FAILED));
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	struct why why;

	switch (key) {
	case OPT_VCPUS:
		options->run.vcpus =
			cli_number(state, "--vcpus", arg, 1, MICRO_MAX_VCPUS);
		return 0;
	case OPT_READS:
		options->run.reads =
			cli_number(state, "--reads", arg, 1, MICRO_MAX_READS);
		return 0;
	case OPT_REPORT:
		cli_file(state, "--report", arg, &options->output);
		options->report = arg;
		return 0;
	case OPT_LAPS:
		options->run.laps =
			cli_number(state, "--laps", arg, 1, MICRO_MAX_LAPS);
		return 0;
	case OPT_CYCLES:
		cli_file(state, "--cycles", arg, &options->output);
		options->cycles = arg;
		return 0;
	case OPT_COUNTS:
		cli_file(state, "--counts", arg, &options->output);
		options->counts = arg;
		return 0;
	case OPT_REGISTERS:
		cli_file(state, "--registers", arg, &options->output);
		options->registers = arg;
		return 0;
	case OPT_SYMBOLS:
		cli_file(state, "--symbols", arg, &options->output);
		options->symbols = arg;
		return 0;
	case OPT_LEAVES:
		if (numbering_load(arg, &options->numbering, &why))
			cli_refuse(state, "--leaves: %s", why.text);
		options->run.numbering = &options->numbering;
		return 0;
	case OPT_CPU:
		options->cpu = (int)cli_number(state, "--cpu", arg, 0,
					       CPU_SETSIZE - 1);
		return 0;
	case OPT_MEANWHILE:
		options->run.meanwhile = true;
		return 0;
	case OPT_STOP:
		options->run.stop = true;
		return 0;
	case OPT_TURNS:
		options->run.turns = true;
		return 0;
	case OPT_ALL:
		options->run.all = true;
		return 0;
	case OPT_EMULATED:
		options->run.emulated = true;
		return 0;
	case OPT_PAUSE:
		options->run.pause_us =
			cli_time(state, "--pause", arg, 1000, 999999000) / 1000;
		return 0;
	case ARGP_KEY_END:
		if (!options->report)
			cli_file(state, "--report, by default,", "-",
				 &options->output);
		if (!options->report)
			options->report = "-";
		if (options->run.meanwhile && options->run.vcpus < 2)
			cli_refuse(state,
				   "--meanwhile takes two vCPUs or more");
		if (options->run.turns &&
		    (options->run.meanwhile || options->run.stop))
			cli_refuse(
				state,
				"--turns and --meanwhile or --stop exclude each other");
		if (options->run.reads > micro_most_rounds(&options->run))
			cli_refuse(state, "--reads takes 1 to %u, not '%u'",
				   micro_most_rounds(&options->run),
				   options->run.reads);
		return 0;
	case OPT_LIST:
		list();
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
	fputs("Kinds of work, on this processor:\n", out);
	for (int i = 0; i < MICRO_KINDS; i++) {
		if (kinds[i].reason[host_isa()] != KIND_NONE)
			fprintf(out, "  %-12s %s\n", kinds[i].name,
				kinds[i].what);
	}
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

/* Open a file, write its content, and set vmm->why if this fails. */
static int write_file(const char *path,
		      int (*write)(FILE *file, const struct options *options,
				   struct vmm *vmm),
		      const struct options *options, struct vmm *vmm)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "we") : stdout;
	int r;

	if (!file) {
		r = -errno;
	} else {
		r = write(file, options, vmm);
		if ((file == stdout ? fflush(file) : fclose(file)) && !r)
			r = -errno;
	}
	if (r)
		snprintf(vmm->why, sizeof(vmm->why), "%.80s: %s", path,
			 strerror(-r));
	return r;
}

static int write_cycles(FILE *file, const struct options *options,
			struct vmm *vmm)
{
	for (unsigned int i = 0; i < options->run.laps; i++) {
		if (fprintf(file, "%llu\n",
			    (unsigned long long)micro_lap(vmm, i)) < 0)
			return -EIO;
	}
	return 0;
}

static int write_counts(FILE *file, const struct options *options,
			struct vmm *vmm)
{
	const struct micro_run *run = &options->run;
	uint32_t reasons[MICRO_KINDS];
	size_t nr = kinds_reasons(run->work, run->isa, reasons);
	uint64_t exits;

	fprintf(file, "lap %llu\n",
		(unsigned long long)kinds_all_exits(run->work, run->isa));
	if (!vmm_exits(vmm, &exits))
		fprintf(file, "exits %llu\n", (unsigned long long)exits);
	for (size_t i = 0; i < nr; i++)
		fprintf(file, "0x%03x%s %llu\n", reasons[i],
			kinds_exact(run->work, run->isa, reasons[i]) ? "" : "+",
			(unsigned long long)micro_executed(vmm, run,
							   reasons[i]));
	return ferror(file) ? -EIO : 0;
}

static int write_registers(FILE *file, const struct options *options,
			   struct vmm *vmm)
{
	const struct micro_read *read = micro_reads_of(vmm);
	const size_t nr = micro_block_of(vmm, 0)->nr_reads;

	(void)options;
	for (size_t i = 0; i < nr; i++)
		fprintf(file, "0x%08x 0x%x 0x%x 0x%x 0x%x 0x%x\n", read[i].leaf,
			read[i].index, read[i].eax, read[i].ebx, read[i].ecx,
			read[i].edx);
	return ferror(file) ? -EIO : 0;
}

static void put_symbol(FILE *file, uint64_t at, const char *name, int nr)
{
	fprintf(file, "%016llx t %s%d\n", (unsigned long long)MICRO_CODE + at,
		name, nr);
}

/* All work of a kind is between its symbol and the next one. */
static int write_symbols(FILE *file, const struct options *options,
			 struct vmm *vmm)
{
	(void)options;
	(void)vmm;
	put_symbol(file, 0, "start_", 0);
	for (int i = 0; i < MICRO_KINDS; i++)
		fprintf(file, "%016llx t do_%s\n",
			(unsigned long long)MICRO_CODE + micro_kind_at[i],
			kinds[i].name);
	put_symbol(file, micro_worked, "worked_", 0);
	put_symbol(file, micro_fault_with_code, "fault_", 0);
	put_symbol(file, micro_irq, "irq_", 0);
	for (int i = 0; i < MICRO_PLACES; i++)
		put_symbol(file, micro_places + i * MICRO_PLACE_SIZE, "place_",
			   i);
	put_symbol(file, micro_nested, "nested_", 0);
	return ferror(file) ? -EIO : 0;
}

static int pin(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return 0;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

static int run_guest(const struct options *options, struct vmm *vmm)
{
	const struct micro_run *run = &options->run;
	struct vmm_state state = micro_state(kinds_needs(run->work));
	struct micro_spent spent = { 0 };
	struct leaves leaves = { 0 };
	int r;

	r = vmm_create(vmm, MICRO_MEMORY, run->vcpus, &state);
	if (!r)
		r = micro_load(vmm, run->work, run->isa == EXIT_ISA_SVM);
	if (!r)
		r = micro_run(vmm, run, &spent);
	if (!r)
		r = micro_take_reads(vmm, run, &spent, &leaves);
	if (!r)
		r = write_report(&leaves, options->report, vmm);
	if (!r && options->cycles)
		r = write_file(options->cycles, write_cycles, options, vmm);
	if (!r && options->counts)
		r = write_file(options->counts, write_counts, options, vmm);
	if (!r && options->registers)
		r = write_file(options->registers, write_registers, options,
			       vmm);
	if (!r && options->symbols)
		r = write_file(options->symbols, write_symbols, options, vmm);
	leaves_free(&leaves);
	return r;
}

int main(int argc, char **argv)
{
	struct options options = {
		.run = { .vcpus = 1, .laps = 1, .reads = 1, .isa = host_isa() },
		.cpu = -1,
	};
	const char *problem;
	struct vmm vmm;
	int r;

	cli_begin();
	safe_stderr(argv);
	cli_parse(&parser, 0, argc, argv, &options);
	problem = kinds_problem(options.run.work, options.run.isa, host_has());
	if (problem) {
		fprintf(stderr, "microguest: %s\n", problem);
		return STATUS_USAGE;
	}
	r = pin(options.cpu);
	if (r) {
		fprintf(stderr, "microguest: CPU %d cannot be had: %s\n",
			options.cpu, strerror(-r));
		return STATUS_FAILED;
	}
	r = run_guest(&options, &vmm);
	if (r)
		fprintf(stderr, "microguest: %s\n",
			vmm.why[0] ? vmm.why : strerror(-r));
	vmm_destroy(&vmm);
	return cli_end(r ? STATUS_FAILED : STATUS_OK, STATUS_FAILED);
}
