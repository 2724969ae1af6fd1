// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks damaged exit_stats files, and computes the growth between two of them.
 * Damage may only lead to a refusal.  The same seed makes the same damage.  Not
 * installed.
 *
 * usage: kernel_fuzz EXECUTIONS [SEED]
 *
 * EXECUTIONS is the number of pairs of files that are checked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commands/tests/run_fuzz_random.h"
#include "kernel/kernel_growth.h"
#include "kernel/tests/made_file.h"

/* Two readings of a VM, either of which may be damaged. */
struct readings {
	unsigned char *bytes[2];
	size_t length[2];
	struct exit_file file[2];
};

static void make(struct readings *of, uint32_t mode)
{
	struct made_file made;

	made_file_init(&made, MADE_VCPUS, mode);
	for (int i = 0; i < 2; i++) {
		for (uint32_t vcpu = 0; vcpu < MADE_VCPUS; vcpu++) {
			made.vcpu[vcpu].vcpu.nr_sparse = 1 + i;
			made_file_exits(&made, vcpu, any(MADE_CELLS),
					1 + any(1000), any(1 << 20));
		}
		of->bytes[i] = made_file_pack(&made, &of->length[i]);
	}
}

/*
 * Change up to three bytes of a reading.  In one of eight cases, also truncate
 * it, and shorten its memory to one byte more, so that ASan finds reads beyond
 * that.
 */
static void damage(struct readings *of, int which)
{
	unsigned char *bytes = of->bytes[which];
	const size_t head = sizeof(struct exit_file_head) + 64;

	for (uint64_t n = any(4); n; n--) {
		const size_t at = any(any(2) ? head : of->length[which]);

		bytes[at] = damaged(bytes[at]);
	}
	if (any(8))
		return;
	of->length[which] = any(of->length[which] + 1);
	of->bytes[which] = realloc(bytes, of->length[which] + 1);
	if (!of->bytes[which])
		abort();
}

static bool take(const struct readings *of)
{
	struct kernel_buckets buckets = { .tsc_khz = 0 };
	struct ledger_vm vm = { .number = 1 };
	bool taken = true;

	kernel_buckets_set(&buckets, of->file[1].tsc_khz);
	for (uint32_t i = 0; i < of->file[1].nr_vcpus && i < 16; i++) {
		const struct kernel_record now = kernel_record(&of->file[1], i);
		const struct kernel_record before =
			kernel_record_find(&of->file[0], now.vcpu.id, i);
		struct ledger_vcpu *vcpu = ledger_vcpu(&vm, now.vcpu.id);

		if (!vcpu)
			abort();
		taken &= !kernel_growth_add(&now, &before, &buckets, vcpu);
		kernel_growth_no_span(&now, &before);
		kernel_growth_carry(&now, &before, &before, &buckets, vcpu);
	}
	ledger_vm_free(&vm);
	return taken;
}

static bool check(struct readings *of, int which)
{
	struct why why = { "" };
	int r = exit_file_read(of->bytes[which], of->length[which],
			       &of->file[which], &why);

	/* A refusal gives its reason in one line. */
	if (r && (!why.text[0] || strchr(why.text, '\n')))
		abort();
	return !r;
}

static bool execute(void)
{
	struct readings of;
	bool good;

	make(&of, any(EXIT_FILE_HIST + 1));
	damage(&of, any(2));
	good = check(&of, 0);
	good &= check(&of, 1);
	good = good && exit_file_has_cells_of(&of.file[0], &of.file[1]) &&
	       take(&of);
	free(of.bytes[0]);
	free(of.bytes[1]);
	return good;
}

int main(int argc, char **argv)
{
	const unsigned long executions = argc > 1 ? atol(argv[1]) : 0;
	const time_t start = time(NULL);
	unsigned long good = 0;

	if (!executions) {
		fputs("usage: kernel_fuzz EXECUTIONS [SEED]\n", stderr);
		return 64;
	}
	any_seed(argc > 2 ? atol(argv[2]) : 0);
	for (unsigned long i = 0; i < executions; i++)
		good += execute();
	printf("kernel: %lu executions in %ld s: %lu refused and %lu taken all the same\n",
	       executions, (long)(time(NULL) - start), executions - good, good);
	/* If all inputs are refused, or none, the damage tests little. */
	return good && good < executions ? EXIT_SUCCESS : EXIT_FAILURE;
}
