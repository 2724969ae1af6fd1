// SPDX-License-Identifier: GPL-2.0-only
/* Collecting after root's rights were dropped loses nothing. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "exit_leaves.h"
#include "exit_reason_codes.h"
#include "fake_kvm.h"
#include "host/privileges.h"
#include "tests/tap.h"

#define SVM EXIT_LEAF_ISA_SVM
#define ROUNDS 3
#define EXITS 50 /* per round and vCPU */
#define STALE 4194303 /* the highest number that a thread may ever get */

static int pair[2];

/* Let the other process do its part, and wait for it. */
static void take_turns(int fd)
{
	char turn = 0;

	ck_assert_int_eq(write(fd, &turn, 1), 1);
	ck_assert_int_eq(read(fd, &turn, 1), 1);
}

static const struct ledger_vcpu *vcpu_of(const struct ledger *ledger, u32 i)
{
	ck_assert_uint_eq(ledger->nr_vms, 1);
	for (size_t j = 0; j < ledger->vm[0].nr_vcpus; j++) {
		if (ledger->vm[0].vcpu[j].id == i)
			return &ledger->vm[0].vcpu[j];
	}
	ck_abort_msg("no vCPU %u", i);
}

static void check_keys(const struct ledger *ledger, u64 exits)
{
	for (u32 i = 0; i < 2; i++) {
		const struct ledger_vcpu *vcpu = vcpu_of(ledger, i);

		ck_assert_uint_eq(vcpu->exits, exits);
		ck_assert_uint_eq(vcpu->keys.nr, 1);
		ck_assert_uint_eq(vcpu->keys.key[0].key, 0x830 + i);
		ck_assert_uint_eq(vcpu->keys.key[0].times.exits, exits);
	}
	ck_assert_uint_eq(ledger->losses.no_key, 0);
	ck_assert_uint_eq(ledger->losses.recursion, 0);
}

/* Run the collector as a user who may not load programs. */
static void collect(void)
{
	const struct privileges privileges = { .user = "nobody" };
	struct ledger ledger = { 0 }, total = { 0 };
	struct bpf_prog_info info = { 0 };
	u32 size = sizeof(info);
	struct why why;

	ck_assert_msg(!privileges_drop(&privileges, &why), "%s", why.text);
	/*
	 * The collector reads the number of skipped runs by this call, which
	 * must still be allowed.
	 */
	ck_assert_int_eq(
		bpf_obj_get_info_by_fd(bpf_program__fd(bpf->progs.exit_raw_all),
				       &info, &size),
		0);
	libbpf_set_print(NULL);
	ck_assert(!observer_bpf__open_and_load());
	for (int round = 0; round < ROUNDS; round++) {
		take_turns(pair[1]);
		ck_assert_int_eq(observer_collect(&observer, &ledger, &total),
				 0);
		check_keys(&ledger, EXITS);
		ledger_reset(&ledger);
	}
	take_turns(pair[1]); /* vCPU 1 ends */
	ck_assert_int_eq(observer_collect(&observer, &ledger, &total), 0);
	ck_assert_int_eq(observer_total(&observer, &ledger, &total), 0);
	check_keys(&total, (u64)ROUNDS * EXITS);
	take_turns(pair[1]);
}

static void exits(void)
{
	for (u32 i = 0; i < 2; i++) {
		fake(i)->regs[FAKE_RCX] = 0x830 + i;
		for (int n = 0; n < EXITS; n++) {
			fake_exit(i, EXIT_SVM_MSR);
			fake_entry(i);
		}
	}
}

static size_t count_keys(void)
{
	struct obs_key key, *last = NULL;
	size_t nr = 0;

	while (!bpf_map_get_next_key(bpf_map__fd(bpf->maps.keyed), last,
				     &key)) {
		last = &key;
		nr++;
	}
	return nr;
}

static void wait_for_turn(void)
{
	char turn;

	ck_assert_int_eq(read(pair[0], &turn, 1), 1);
}

static void give_turn(void)
{
	ck_assert_int_eq(write(pair[0], "", 1), 1);
}

START_TEST(counts_are_the_same)
{
	u32 tid = STALE, index = OBS_SLOTS - 1;
	int status, threads;
	pid_t pid;

	fake_kvm_load(&(struct observer_options){ .by = LEDGER_KEY_MSR }, SVM);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	pid = check_fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		close(pair[0]);
		collect();
		_exit(0);
	}
	close(pair[1]);
	for (int round = 0; round < ROUNDS; round++) {
		wait_for_turn();
		exits();
		give_turn();
	}
	wait_for_turn();
	ck_assert_uint_eq(count_keys(), 2);
	threads = bpf_map__fd(bpf->maps.threads);
	ck_assert_int_eq(bpf_map_update_elem(threads, &tid, &index, BPF_ANY),
			 0);
	bpf->bss->threads_stale += OBS_SLOTS;
	fake_slot(1)->vcpu = OBS_GONE;
	give_turn();
	wait_for_turn();
	/* The other process has deleted the keys from the shared maps. */
	ck_assert_uint_eq(count_keys(), 1);
	ck_assert_ptr_null(slot_of(fake_address(1)));
	ck_assert_int_eq(bpf_map_lookup_elem(threads, &tid, &index), -ENOENT);
	give_turn();
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("observer_dropped");
	TCase *tcase = tcase_create("dropped");

	tap_needs_bpf();
	tcase_add_checked_fixture(tcase, NULL, fake_kvm_teardown);
	tcase_add_test(tcase, counts_are_the_same);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
