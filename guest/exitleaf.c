// SPDX-License-Identifier: GPL-2.0-only
/* Tells a guest's user what KVM's exit counters tell the guest. */
#include <argp.h>
#include <cpuid.h>
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <string.h>

#include "mark.h"
#include "report.h"
#include "utf8.h"

#ifndef EXITLEDGER_VERSION
#define EXITLEDGER_VERSION "unknown"
#endif

enum { STATUS_FAILED = 1, STATUS_NO_LEAVES = 2, STATUS_USAGE = 64 };

const char *argp_program_version = "exitleaf " EXITLEDGER_VERSION;

struct options {
	bool json;
	const char *mark;
};

static const struct argp_option option_rows[] = {
	{ "json", 'j', NULL, 0,
	  "Print a guest's report for 'exitledger compare' instead", 0 },
	{ "mark", 'm', "TEXT", 0,
	  "Name this moment in the run that the host is recording, if it is",
	  0 },
	{ 0 },
};

/* Is it one that the host shows as it is? */
static bool is_text(const char *text)
{
	for (size_t length; *text; text += length) {
		length = utf8_length(text);
		if (!length || (unsigned char)*text < ' ' || *text == 127)
			return false;
	}
	return true;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'j':
		options->json = true;
		return 0;
	case 'm':
		if (!*arg || strlen(arg) > GUEST_MARK_TEXT)
			argp_error(state, "a mark's text has 1 to %u bytes",
				   GUEST_MARK_TEXT);
		if (!is_text(arg))
			argp_error(state, "a mark's text is UTF-8, in a line");
		options->mark = arg;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "there are no arguments, as '%s'", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp parser = {
	.options = option_rows,
	.parser = parse_option,
	.doc = "Show this virtual machine's VM exits, as its KVM counts them."
	       "\vEnds with 0; 1 if something failed; 2 if this machine's "
	       "hypervisor does not answer the exit counters' CPUID leaves.",
};

static void execute(struct leaf_io *io, void *data)
{
	(void)data;
	__cpuid_count(io->leaf, io->index, io->eax, io->ebx, io->ecx, io->edx);
}

/* All reads on one vCPU: then each is later than the one before, for the host. */
static void stay(void)
{
	int cpu = sched_getcpu();
	cpu_set_t set;

	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* CPUID.1:ECX[31], which no processor sets. */
static bool is_guest(void)
{
	unsigned int eax, ebx, ecx, edx;

	return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && ecx >> 31;
}

static int no_leaves(const struct leaves *leaves)
{
	if (leaves->abi)
		fprintf(stderr,
			"exitleaf: the exit counters' leaves have ABI %u; this program knows %u: use the one that came with the host's KVM\n",
			leaves->abi, EXIT_LEAF_ABI);
	else
		fputs("exitleaf: this machine's hypervisor does not answer the exit counters' CPUID leaves: it is no KVM that has them, or kvm.exit_stats_leaves is off\n",
		      stderr);
	return STATUS_NO_LEAVES;
}

static int written(int r)
{
	if (!r)
		return 0;
	fprintf(stderr, "exitleaf: standard output: %s\n", strerror(-r));
	return STATUS_FAILED;
}

/* The host sees it without the counters, too. */
static int mark(const char *text)
{
	struct leaves leaves = { 0 };
	struct leaf_io last;
	int r;

	if (!is_guest()) {
		fputs("exitleaf: this is no virtual machine: nobody would see the mark\n",
		      stderr);
		return STATUS_NO_LEAVES;
	}
	r = leaves_read_info(&leaves, execute, NULL);
	if (r) {
		fprintf(stderr, "exitleaf: %s\n", strerror(-r));
		return STATUS_FAILED;
	}
	mark_set(text, execute, NULL, &last);
	printf("marked '%s'", text);
	if (leaves.abi == EXIT_LEAF_ABI)
		printf(", %" PRIu64 " exits so far", leaf_exits(&last));
	putchar('\n');
	leaves_free(&leaves);
	errno = 0;
	return written(
		fflush(stdout) || ferror(stdout) ? -(errno ? errno : EIO) : 0);
}

static int show(const struct options *options)
{
	struct leaves leaves = { 0 };
	int r = leaves_read(&leaves, execute, NULL), status;

	if (r) {
		fprintf(stderr, "exitleaf: %s\n", strerror(-r));
		return STATUS_FAILED;
	}
	if (leaves.abi != EXIT_LEAF_ABI)
		status = no_leaves(&leaves);
	else
		status = written(
			options->json ?
				report_json(&leaves, "exitleaf", stdout) :
				report_table(&leaves, stdout));
	leaves_free(&leaves);
	return status;
}

int main(int argc, char **argv)
{
	struct options options = { .json = false };

	argp_err_exit_status = STATUS_USAGE;
	argp_parse(&parser, argc, argv, 0, NULL, &options);
	stay();
	return options.mark ? mark(options.mark) : show(&options);
}
