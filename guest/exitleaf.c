// SPDX-License-Identifier: GPL-2.0-only
/* Tells a guest's user what KVM's exit counters tell the guest. */
#include <argp.h>
#include <cpuid.h>
#include <errno.h>
#include <sched.h>
#include <string.h>

#include "report.h"

#ifndef EXITLEDGER_VERSION
#define EXITLEDGER_VERSION "unknown"
#endif

enum { STATUS_FAILED = 1, STATUS_NO_LEAVES = 2, STATUS_USAGE = 64 };

const char *argp_program_version = "exitleaf " EXITLEDGER_VERSION;

static const struct argp_option option_rows[] = {
	{ "json", 'j', NULL, 0,
	  "Print a guest's report for 'exitledger compare' instead", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	bool *json = state->input;

	switch (key) {
	case 'j':
		*json = true;
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

int main(int argc, char **argv)
{
	struct leaves leaves = { 0 };
	bool json = false;
	int r, status = 0;

	argp_err_exit_status = STATUS_USAGE;
	argp_parse(&parser, argc, argv, 0, NULL, &json);
	stay();
	r = leaves_read(&leaves, execute, NULL);
	if (r) {
		fprintf(stderr, "exitleaf: %s\n", strerror(-r));
		return STATUS_FAILED;
	}
	if (!leaves.abi) {
		fputs("exitleaf: this machine's hypervisor does not answer the exit counters' CPUID leaves: it is no KVM that has them, or kvm.exit_stats_leaves is off\n",
		      stderr);
		status = STATUS_NO_LEAVES;
	} else if (leaves.abi != EXIT_LEAF_ABI) {
		fprintf(stderr,
			"exitleaf: the exit counters' leaves have ABI %u; this program knows %u: use the one that came with the host's KVM\n",
			leaves.abi, EXIT_LEAF_ABI);
		status = STATUS_NO_LEAVES;
	} else {
		r = json ? report_json(&leaves, "exitleaf", stdout) :
			   report_table(&leaves, stdout);
		if (r) {
			fprintf(stderr, "exitleaf: standard output: %s\n",
				strerror(-r));
			status = STATUS_FAILED;
		}
	}
	leaves_free(&leaves);
	return status;
}
