// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the exit-counter leaves in a guest with many values of ECX, and
 * compares every answer with the definition of the leaves (exit_leaves.h) and
 * with the guest's own knowledge of its exits.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/reasons.h"
#include "lib/cli.h"
#include "lib/safe_stream.h"
#include "lib/version.h"
#include "micro_image.h"

const char *argp_program_version = "leaffuzz " EXITLEDGER_VERSION;

struct options {
	unsigned long values;
	uint64_t seed;
	const char *neighbours;
};

/* The guest, and a summary of its answers. */
struct fuzz {
	struct vmm vmm;
	uint32_t isa;
	uint64_t reads; /* number of CPUID instructions before this one */
	uint64_t exits; /* the last answer with the total */
	uint64_t cycles;
	uint64_t defined, undefined; /* reads of such reasons */
	uint64_t wrong;
};

/* --- running --- */

static int read_all(struct vmm *vmm)
{
	struct kvm_run *run = vmm->vcpu[0].run;
	int r;

	while (!(r = vmm_run(vmm, 0))) {
		if (run->exit_reason != KVM_EXIT_IO) {
			snprintf(vmm->why, sizeof(vmm->why),
				 "unexpected KVM exit %u", run->exit_reason);
			return -EPROTO;
		}
		if (run->io.port == MICRO_PORT_READ)
			return 0;
	}
	snprintf(vmm->why, sizeof(vmm->why), "KVM_RUN: %s", strerror(-r));
	return r;
}

static void ask(struct vmm *vmm, uint32_t leaf, uint32_t index)
{
	struct micro_block *block = micro_block_of(vmm, 0);

	micro_reads_of(vmm)[block->nr_reads++] =
		(struct micro_read){ .leaf = leaf, .index = index };
}

/* --- checking answers --- */

static bool info_is_right(struct fuzz *fuzz, const struct micro_read *read)
{
	switch (read->index) {
	case 0:
		return read->eax == EXIT_LEAF_ABI &&
		       read->ebx == EXIT_LEAF_SIG_EBX &&
		       read->ecx == EXIT_LEAF_SIG_ECX &&
		       read->edx == EXIT_LEAF_SIG_EDX;
	case 1:
		fuzz->isa = read->eax;
		return (read->eax == EXIT_LEAF_ISA_VMX ||
			read->eax == EXIT_LEAF_ISA_SVM) &&
		       exit_reason_find(read->eax, read->ebx) &&
		       read->ecx == fuzz->vmm.nr_vcpus &&
		       read->edx == (EXIT_LEAF_COUNTING | EXIT_LEAF_TIMING);
	case 2:
		return read->ecx <= fuzz->vmm.nr_vcpus && !read->edx;
	default:
		return !read->eax && !read->ebx && !read->ecx && !read->edx;
	}
}

/* CPUID exits are known exactly, and the total grows with every read. */
static bool exits_are_right(struct fuzz *fuzz, const struct micro_read *read)
{
	uint64_t exits = (uint64_t)read->ebx << 32 | read->eax;

	if (read->ecx || read->edx & ~EXIT_LEAF_GAPS)
		return false;
	if (read->leaf == EXIT_LEAF_EXITS) {
		bool grew = exits > fuzz->exits && exits > fuzz->reads;

		fuzz->exits = exits;
		return grew;
	}
	if (read->index == exit_reason_cpuid(fuzz->isa))
		return exits == fuzz->reads + 1;
	return exits <= fuzz->exits + MICRO_MAX_READS;
}

static bool cycles_are_right(struct fuzz *fuzz, const struct micro_read *read)
{
	uint64_t cycles = (uint64_t)read->ebx << 32 | read->ecx;
	bool grew = cycles >= fuzz->cycles;

	if (read->eax || read->edx & ~EXIT_LEAF_GAPS)
		return false;
	if (read->leaf != EXIT_LEAF_CYCLES)
		return true;
	fuzz->cycles = cycles;
	return grew;
}

static bool is_right(struct fuzz *fuzz, const struct micro_read *read)
{
	bool of_reason = read->leaf == EXIT_LEAF_REASON_EXITS ||
			 read->leaf == EXIT_LEAF_REASON_CYCLES;

	if (read->leaf == EXIT_LEAF_INFO)
		return info_is_right(fuzz, read);
	if (of_reason && !exit_reason_find(fuzz->isa, read->index)) {
		fuzz->undefined++;
		return !read->eax && !read->ebx && !read->ecx &&
		       read->edx == EXIT_LEAF_UNDEFINED;
	}
	fuzz->defined += of_reason;
	if (read->leaf == EXIT_LEAF_EXITS ||
	    read->leaf == EXIT_LEAF_REASON_EXITS)
		return exits_are_right(fuzz, read);
	return cycles_are_right(fuzz, read);
}

/* Let the guest do the reads on the list, and check the answers. */
static int flush(struct fuzz *fuzz)
{
	struct micro_block *block = micro_block_of(&fuzz->vmm, 0);
	const struct micro_read *read = micro_reads_of(&fuzz->vmm);
	int r;

	r = read_all(&fuzz->vmm);
	if (r)
		return r;
	for (uint64_t i = 0; i < block->nr_reads; i++, read++) {
		if (!is_right(fuzz, read) && fuzz->wrong++ < 10)
			printf("wrong: leaf 0x%08x, ECX 0x%08x: EAX 0x%08x EBX 0x%08x ECX 0x%08x EDX 0x%08x\n",
			       read->leaf, read->index, read->eax, read->ebx,
			       read->ecx, read->edx);
		fuzz->reads++;
	}
	block->nr_reads = 0;
	return 0;
}

enum { NR_LEAVES = EXIT_LEAF_LAST - EXIT_LEAF_FIRST + 1 };

/* Add reads of all leaves with this value of ECX to the list. */
static int ask_leaves(struct fuzz *fuzz, uint32_t index)
{
	for (uint32_t leaf = EXIT_LEAF_FIRST; leaf <= EXIT_LEAF_LAST; leaf++)
		ask(&fuzz->vmm, leaf, index);
	if (micro_block_of(&fuzz->vmm, 0)->nr_reads + NR_LEAVES <=
	    MICRO_MAX_READS)
		return 0;
	return flush(fuzz);
}

/* --- the values --- */

/* xorshift64*: values are well distributed, and the same for the same seed. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dull;
}

/*
 * Returns the nth value.  The first ones are at the limits of possible tables:
 * small numbers up to 0x7ff, without and with flags in the upper bits, numbers
 * around every power of two, and the largest numbers.  Then random values
 * follow.
 */
static uint32_t value(unsigned long n, uint64_t *random)
{
	enum { SMALL = 0x800, EDGE = 16, BITS = 32 };
	static const uint32_t flags[] = { 0, 0x80000000u, 0x08000000u,
					  0xffff0000u };
	const unsigned long nr_flags = sizeof(flags) / sizeof(flags[0]);

	if (n < SMALL * nr_flags)
		return n % SMALL | flags[n / SMALL];
	n -= SMALL * nr_flags;
	if (n < (unsigned long)EDGE * BITS)
		return (1u << n / EDGE) + n % EDGE - EDGE / 2;
	n -= (unsigned long)EDGE * BITS;
	if (n < SMALL)
		return UINT32_MAX - n;
	return next_random(random) >> 32;
}

static int fuzz_leaves(struct fuzz *fuzz, const struct options *options)
{
	uint64_t random = options->seed;
	int r;

	/* Read the description of the leaves before all other leaves. */
	ask(&fuzz->vmm, EXIT_LEAF_INFO, 0);
	ask(&fuzz->vmm, EXIT_LEAF_INFO, 1);
	r = flush(fuzz);
	for (unsigned long n = 0; !r && n < options->values; n++)
		r = ask_leaves(fuzz, value(n, &random));
	return r ? r : flush(fuzz);
}

/* --- the neighbours --- */

static int write_range(struct fuzz *fuzz, uint32_t first, uint32_t last,
		       FILE *file)
{
	static const uint32_t indices[] = { 0, 1, 2, 0x4d, UINT32_MAX };

	for (uint32_t leaf = first; leaf <= last; leaf++) {
		struct micro_block *block = micro_block_of(&fuzz->vmm, 0);
		const struct micro_read *read = micro_reads_of(&fuzz->vmm);
		int r;

		for (size_t i = 0; i < sizeof(indices) / 4; i++)
			ask(&fuzz->vmm, leaf, indices[i]);
		r = read_all(&fuzz->vmm);
		if (r)
			return r;
		for (uint64_t i = 0; i < block->nr_reads; i++, read++)
			fprintf(file, "%08x %08x: %08x %08x %08x %08x\n",
				read->leaf, read->index, read->eax, read->ebx,
				read->ecx, read->edx);
		block->nr_reads = 0;
	}
	return 0;
}

/*
 * Write the answers of the hypervisor's leaves, and of our leaves and those
 * just below them, so that they can be compared with the answers of an
 * unpatched KVM.
 */
static int write_neighbours(struct fuzz *fuzz, const char *path)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "we") : stdout;
	int r;

	if (!file) {
		r = -errno;
		snprintf(fuzz->vmm.why, sizeof(fuzz->vmm.why), "%.80s: %s",
			 path, strerror(-r));
		return r;
	}
	r = write_range(fuzz, 0x40000000, 0x400000ff, file);
	if (!r)
		r = write_range(fuzz, 0x4fffff00, EXIT_LEAF_LAST, file);
	if (ferror(file) && !r)
		r = -EIO;
	if ((file == stdout ? fflush(file) : fclose(file)) && !r)
		r = -EIO;
	return r;
}

static const struct argp_option option_rows[] = {
	{ "values", 'n', "N", 0, "Values of ECX per leaf (default 100000)", 0 },
	{ "seed", 's', "N", 0, "Of the random ones (default 1)", 0 },
	{ "neighbours", 'o', "FILE", 0,
	  "Instead, write the answers of leaves 0x40000000-0x400000ff and "
	  "0x4fffff00-0x4fffffff",
	  0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'n':
		options->values =
			cli_number(state, "--values", arg, 1, UINT32_MAX);
		return 0;
	case 's':
		options->seed = cli_number(state, "--seed", arg, 1, UINT64_MAX);
		return 0;
	case 'o':
		cli_file(state, "--neighbours", arg, &(const char *){ NULL });
		options->neighbours = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp parser = {
	.options = option_rows,
	.parser = parse_option,
	.doc = "Read the exit-counter leaves in a guest with many values of ECX, "
	       "and check the answers.",
};

int main(int argc, char **argv)
{
	const uint64_t no_work[MICRO_KINDS] = { 0 };
	struct options options = { .values = 100000, .seed = 1 };
	struct vmm_state state = micro_state(0);
	struct fuzz fuzz = { 0 };
	int r;

	cli_begin();
	safe_stderr(argv);
	cli_parse(&parser, 0, argc, argv, &options);
	r = vmm_create(&fuzz.vmm, MICRO_MEMORY, 1, &state);
	if (!r)
		r = micro_load(&fuzz.vmm, no_work, false);
	if (!r)
		r = options.neighbours ?
			    write_neighbours(&fuzz, options.neighbours) :
			    fuzz_leaves(&fuzz, &options);
	if (r)
		fprintf(stderr, "leaffuzz: %s\n",
			fuzz.vmm.why[0] ? fuzz.vmm.why : strerror(-r));
	else if (!options.neighbours)
		printf("%lu values, %llu reads: %llu of defined reasons, %llu of undefined ones; %llu wrong\n",
		       options.values, (unsigned long long)fuzz.reads,
		       (unsigned long long)fuzz.defined,
		       (unsigned long long)fuzz.undefined,
		       (unsigned long long)fuzz.wrong);
	vmm_destroy(&fuzz.vmm);
	return cli_end(r	  ? STATUS_FAILED :
		       fuzz.wrong ? STATUS_UNEXPECTED :
				    STATUS_OK,
		       STATUS_FAILED);
}
