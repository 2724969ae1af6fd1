/* SPDX-License-Identifier: GPL-2.0-only */
/* The host's reads with made-up files of KVM, between made-up sums of BPF. */
#ifndef EXITLEDGER_HOST_READS_FIXTURE_H
#define EXITLEDGER_HOST_READS_FIXTURE_H

#include <errno.h>

#include "compare/host_reads.h"
#include "exit_leaves.h"
#include "kernel/tests/kernel_fixture.h"
#include "tests/tap.h"

/* reasons that have a cell in each vCPU */
enum { MSR = 0x72, IO = 0x7b, NPF = 0x400 };
enum { MSR_CELL, IO_CELL, NPF_CELL, SPARSE_CELL = MADE_DENSE };
enum { RARE = 0x8d, RARER = 0x8e }; /* reasons that share the sparse cells */

#define VMS 3
#define PID 4000

static struct host_reads reads;
static struct books books;
static struct made_file made;
static struct why why;

/* BPF's sums of each VM, before KVM's file is read and after. */
static struct vm_sums sums[VMS + 1][2];
static unsigned int asked[VMS + 1];
static void (*meanwhile)(void); /* called during the first sum of a VM */

int observer_vm_sums(struct observer *observer, uint64_t vm, struct vm_sums *to)
{
	const struct vm_sums *from = &sums[vm][asked[vm]++ & 1];

	ck_assert_ptr_null(observer);
	vm_sums_clear(to);
	for (size_t i = 0; i < from->cells.nr; i++) {
		const struct ledger_cell *cell = &from->cells.cell[i];

		if (vm_sums_add(to, cell->reason, cell->times.exits,
				cell->times.ns))
			return -ENOMEM;
	}
	to->exits = from->exits;
	to->time = from->time;
	to->vcpus = from->vcpus;
	to->outside = from->outside;
	to->ending = from->ending;
	to->folder = from->folder;
	if (meanwhile && asked[vm] == 1)
		meanwhile();
	return 0;
}

static inline uint64_t inode_of(const char *folder)
{
	char path[64];
	struct stat stat_of;

	snprintf(path, sizeof(path), KVM "%s", folder);
	ck_assert_int_eq(stat(root_path(path), &stat_of), 0);
	return stat_of.st_ino;
}

/* Give BPF a VM with this many vCPUs in KVM's folder @folder. */
static inline void see(uint64_t number, uint32_t vcpus, const char *folder)
{
	struct ledger_vm *vm = ledger_vm(&books.ledger, number, PID);

	for (uint32_t i = 0; i < vcpus; i++)
		ck_assert_ptr_nonnull(ledger_vcpu(vm, i));
	for (size_t i = 0; i < 2; i++) {
		sums[number][i].vcpus = vcpus;
		sums[number][i].folder = inode_of(folder);
	}
}

/* Set BPF's exits and time of a reason in the first or second sum (@then). */
static inline void bpf_has(uint64_t vm, size_t then, uint32_t reason,
			   uint64_t exits, uint64_t ns)
{
	struct vm_sums *to = &sums[vm][then];

	ck_assert_int_eq(vm_sums_add(to, reason, exits, ns), 0);
	to->exits += exits;
	to->time += ns;
}

static inline void begin(void)
{
	host_make("2\n");
	books.sees_ends = true;
	made_file_init(&made, 1, EXIT_FILE_TIME);
}

static inline void end(void)
{
	for (size_t i = 0; i <= VMS; i++) {
		vm_sums_free(&sums[i][0]);
		vm_sums_free(&sums[i][1]);
	}
	host_reads_close(&reads);
	books_free(&books);
	root_remove();
}

static inline void open_all(void)
{
	ck_assert_msg(!host_reads_open(&reads, root, &why), "%s", why.text);
}

static inline int read_all(void)
{
	return host_reads_take(&reads, NULL, &books, &why);
}

static inline void take(size_t answers)
{
	ck_assert_msg(!read_all(), "%s", why.text);
	ck_assert_uint_eq(books.answers.nr, answers);
}

struct expected {
	uint32_t leaf, index;
	uint64_t kernel, before, after;
	uint32_t edx;
};

/* Check an answer; leaf fields are EBX and EAX, or EBX and ECX. */
static inline void check_at(uint64_t vm, size_t at,
			    const struct expected *wanted, bool of_exits)
{
	const struct answer *answer = &books.answers.answer[at];
	const struct leaf_read *read = &answer->read;
	const bool counts = leaf_is_count(wanted->leaf);

	ck_assert_uint_eq(read->leaf, wanted->leaf);
	ck_assert_uint_eq(read->index, wanted->index);
	ck_assert_uint_eq(counts ? leaf_exits(read) : leaf_cycles(read),
			  wanted->kernel);
	ck_assert_uint_eq(counts ? read->ecx : read->eax, 0);
	ck_assert_uint_eq(read->edx, wanted->edx);
	ck_assert_uint_eq(of_exits ? answer->exits_before : answer->ns_before,
			  wanted->before);
	ck_assert_uint_eq(of_exits ? answer->exits_after : answer->ns_after,
			  wanted->after);
	ck_assert_uint_eq(answer->vm, vm);
	ck_assert(answer->found && answer->paired && answer->host);
	ck_assert_uint_gt(answer->ns, 0);
}

#define EXITS EXIT_LEAF_EXITS
#define CYCLES EXIT_LEAF_CYCLES
#define OF_REASON EXIT_LEAF_REASON_EXITS
#define CYCLES_OF EXIT_LEAF_REASON_CYCLES

/*
 * A VM with one vCPU and exits of two reasons; BPF counts one more exit of MSR
 * by the second sum.
 */
static inline void two_reasons(void)
{
	made_file_exits(&made, 0, MSR_CELL, 5, 1000);
	made_file_exits(&made, 0, IO_CELL, 3, 0x500000000);
	vm_write("100-11", &made);
	see(1, 1, "100-11");
	bpf_has(1, 0, MSR, 5, 70);
	bpf_has(1, 0, IO, 3, 8);
	bpf_has(1, 1, MSR, 6, 75);
	bpf_has(1, 1, IO, 3, 9);
	sums[1][1].outside = 1;
	open_all();
}

#endif /* EXITLEDGER_HOST_READS_FIXTURE_H */
