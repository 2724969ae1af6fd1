// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses are reused, and a process can have several VMs.  The exits of a new
 * vCPU must never be booked for an earlier or another vCPU.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "exit_leaves.h"
#include "exit_reason_codes.h"
#include "fake_kvm.h"
#include "tests/tap.h"

#define SVM EXIT_LEAF_ISA_SVM

static struct ledger ledger;

static void collect(void)
{
	ledger_reset(&ledger);
	ck_assert_int_eq(observer_collect(&observer, &ledger, NULL), 0);
}

static u64 exits_of(u64 vm)
{
	const struct ledger_vm *found = ledger_find_vm(&ledger, vm);
	u64 exits = 0;

	ck_assert_ptr_nonnull(found);
	for (size_t i = 0; i < found->nr_vcpus; i++)
		exits += found->vcpu[i].exits;
	return exits;
}

static void exits(u32 i, int nr)
{
	while (nr--) {
		fake_exit(i, EXIT_SVM_MSR);
		fake_entry(i);
	}
}

/* --- without a way to see vCPUs end --- */

static void load_without_ends(void)
{
	fake_kvm_load_as(&(struct observer_options){ 0 }, SVM,
			 (struct choice){ ATTACH_RAW_TP, READ_OWN,
					  ENDS_UNSEEN });
}

/* Make exits of another process's VM at the same addresses. */
static void in_another_process(u32 i, int nr)
{
	pid_t child = fork();
	int status;

	ck_assert_int_ge(child, 0);
	if (!child) {
		exits(i, nr);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}

START_TEST(addresses_are_reused)
{
	load_without_ends();
	exits(0, 10);
	exits(1, 20);
	collect();
	ck_assert_uint_eq(exits_of(1), 30);
	in_another_process(0, 7);
	in_another_process(1, 3);
	collect();
	/*
	 * Two more processes had vCPUs at these addresses, so the vCPUs of the
	 * first VM count as gone.
	 */
	ck_assert_uint_eq(ledger.nr_vms, 3);
	ck_assert_uint_eq(exits_of(1), 0);
	ck_assert(ledger.vm[0].vcpu[0].gone && ledger.vm[0].vcpu[1].gone);
	ck_assert_uint_eq(exits_of(2) + exits_of(3), 10);
	ck_assert_uint_eq(fake_lost("no_end"), 3);
	ledger_free(&ledger);
}
END_TEST

/* A vCPU's address is not reused, but its VM's address is. */
START_TEST(addresses_of_vms_are_reused)
{
	load_without_ends();
	exits(0, 10);
	in_another_process(1, 7);
	collect();
	ck_assert_uint_eq(exits_of(1), 10);
	ck_assert_uint_eq(exits_of(2), 7);
	ledger_free(&ledger);
}
END_TEST

/* When a process ends, its slots and the entries of its VMs are freed. */
START_TEST(processes_end)
{
	struct obs_vm_key key;

	load_without_ends();
	in_another_process(0, 7);
	in_another_process(1, 7);
	collect();
	observer.next_census_ns = 0;
	collect();
	ck_assert(!slot_of(fake_address(0)) && !slot_of(fake_address(1)));
	ck_assert_int_ne(bpf_map_get_next_key(bpf_map__fd(bpf->maps.vms), NULL,
					      &key),
			 0);
	exits(0, 1);
	observer.next_census_ns = 0;
	collect();
	ck_assert_ptr_nonnull(slot_of(fake_address(0)));
	ledger_free(&ledger);
}
END_TEST

/* --- by a kprobe, on kernels without fentry --- */

__attribute__((noinline)) static void vcpu_destroy(u64 vcpu)
{
	asm volatile("" : : "r"(vcpu));
}

/* Returns the offset of a function in this program's file. */
static size_t offset_of(const void *function)
{
	unsigned long start, end, offset;
	char line[512];
	FILE *maps = fopen("/proc/self/maps", "r");

	ck_assert_ptr_nonnull(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %*s %lx", &start, &end, &offset) ==
			    3 &&
		    (unsigned long)function >= start &&
		    (unsigned long)function < end) {
			fclose(maps);
			return (unsigned long)function - start + offset;
		}
	}
	ck_abort_msg("no such function");
}

/* Load the kprobe program as a uprobe; the program is the same for both. */
static struct bpf_link *load_probe(const struct observer_options *options,
				   u32 isa)
{
	struct bpf_link *link;

	fake_kvm_load_as(options, isa,
			 (struct choice){ ATTACH_RAW_TP, READ_PROBE,
					  ENDS_KPROBE });
	link = bpf_program__attach_uprobe(bpf->progs.vcpu_end_probe, false, 0,
					  "/proc/self/exe",
					  offset_of((void *)vcpu_destroy));
	ck_assert_ptr_nonnull(link);
	return link;
}

/*
 * The last exit of a VM is for I/O: no entry follows, but its port is booked.
 */
START_TEST(last_port)
{
	struct bpf_link *link =
		load_probe(&(struct observer_options){ .by = LEDGER_KEY_PORT },
			   EXIT_LEAF_ISA_VMX);

	fake_exit(0, EXIT_VMX_IO_INSTRUCTION);
	fake(0)->exit_qualification = 0xf10008;
	fake(0)->regs_avail |= 1u << FAKE_EXIT_INFO_1;
	vcpu_destroy(fake_address(0));
	collect();
	ck_assert_uint_eq(ledger.vm[0].vcpu[0].keys.nr, 1);
	ck_assert_uint_eq(ledger.vm[0].vcpu[0].keys.key[0].key, 0xf1);
	ck_assert_uint_eq(ledger.vm[0].vcpu[0].keys.key[0].times.exits, 1);
	ck_assert_uint_eq(ledger.vm[0].vcpu[0].keys.key[0].times.timed, 0);
	fake_nothing_lost();
	bpf_link__destroy(link);
	ledger_free(&ledger);
}
END_TEST

START_TEST(ends_by_probe)
{
	struct bpf_link *link =
		load_probe(&(struct observer_options){ 0 }, SVM);

	exits(0, 10);
	exits(1, 5);
	vcpu_destroy(fake_address(0));
	vcpu_destroy(fake_address(5));
	ck_assert_ptr_null(slot_of(fake_address(0)));
	ck_assert(observer_has_news(&observer));
	collect();
	ck_assert(ledger.vm[0].vcpu[0].gone);
	ck_assert(!ledger.vm[0].vcpu[1].gone);
	ck_assert_uint_eq(exits_of(1), 15);
	/* Make exits of the next vCPU at this address. */
	exits(0, 3);
	collect();
	ck_assert_uint_eq(exits_of(2), 3);
	fake_nothing_lost();
	bpf_link__destroy(link);
	ledger_free(&ledger);
}
END_TEST

/* --- classic tracepoints: a vCPU is a process and a number --- */

static void load_classic(const struct observer_options *options)
{
	fake_kvm_load_as(options, SVM,
			 (struct choice){ ATTACH_TP, READ_PROBE, ENDS_FENTRY });
	fake_kvm_attach();
}

/* This is the second VM's vCPU 0; the first VM has a vCPU 0, too. */
#define TWIN 4

static void two_vms(void)
{
	fake(TWIN)->kvm += 0x10000;
	fake(TWIN)->vcpu_id = 0;
}

#define ROUNDS 20000

static pthread_barrier_t both;

static void busy(u32 i)
{
	pthread_barrier_wait(&both);
	exits(i, ROUNDS);
}

static void *busy_twin(void *arg)
{
	busy(TWIN);
	return arg;
}

START_TEST(classic_vms_of_a_process)
{
	pthread_t twin;

	load_classic(&(struct observer_options){ 0 });
	two_vms();
	pthread_barrier_init(&both, NULL, 2);
	ck_assert_int_eq(pthread_create(&twin, NULL, busy_twin, NULL), 0);
	busy(0);
	pthread_join(twin, NULL);
	exits(1, 5);
	collect();
	ck_assert_uint_eq(ledger.nr_vms, 2);
	ck_assert_uint_eq(exits_of(1) + exits_of(2), 2 * ROUNDS + 5);
	ck_assert_uint_eq(exits_of(1) % ROUNDS + exits_of(2) % ROUNDS, 5);
	ck_assert_uint_eq(ledger.vm[0].vcpu[0].id, 0);
	ck_assert_uint_eq(ledger.vm[1].vcpu[0].id, 0);
	fake_nothing_lost();
	ledger_free(&ledger);
}
END_TEST

static void some_exits(void)
{
	exits(0, 10);
}

static void entry_and_exits(void)
{
	fake_entry(0);
	exits(0, 10);
}

/* Threads take turns to run a vCPU: it stays one vCPU with the right times. */
START_TEST(classic_vcpu_moves)
{
	load_classic(&(struct observer_options){ .off_cpu = true });
	for (int i = 0; i < 3; i++) {
		exits(0, 10);
		fake_exit(0, EXIT_SVM_MSR);
		fake_on_thread(entry_and_exits);
	}
	collect();
	ck_assert_uint_eq(ledger.nr_vms, 1);
	ck_assert_uint_eq(exits_of(1), 63);
	ck_assert_uint_eq(ledger.vm[0].nr_vcpus, 1);
	/* Each exit was followed by an entry, on the same thread or another. */
	ck_assert_uint_eq(hist_count(&ledger.vm[0].vcpu[0].cells.cell[0].hist),
			  60 + 3);
	fake_nothing_lost();
	ledger_free(&ledger);
}
END_TEST

/*
 * If vCPU addresses are unknown, exits that may be of another VM are counted.
 */
START_TEST(classic_without_addresses)
{
	load_classic(&(struct observer_options){ 0 });
	fake_runs_none();
	exits(0, 10);
	ck_assert_uint_eq(fake_lost("shared"), 0);
	fake_on_thread(some_exits);
	exits(0, 10);
	ck_assert_uint_eq(fake_lost("shared"), 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("observer's ends");
	TCase *tcase = tcase_create("programs");

	tap_needs_bpf();
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, NULL, fake_kvm_teardown);
	tcase_add_test(tcase, addresses_are_reused);
	tcase_add_test(tcase, addresses_of_vms_are_reused);
	tcase_add_test(tcase, processes_end);
	tcase_add_test(tcase, last_port);
	tcase_add_test(tcase, ends_by_probe);
	tcase_add_test(tcase, classic_vms_of_a_process);
	tcase_add_test(tcase, classic_vcpu_moves);
	tcase_add_test(tcase, classic_without_addresses);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
