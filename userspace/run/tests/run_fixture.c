// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exit_leaves.h"
#include "ledger/reasons.h"
#include "run/run_cells.h"
#include "run/run_reader.h"
#include "run_fixture.h"
#include "tests/made_up.h"

struct run_info fixture_info(uint64_t detail_ns)
{
	struct run_info info = { .isa = 0 };

	run_info_read_host(&info);
	strcpy(info.kernel, "6.1.0-test");
	strcpy(info.vendor, "kvm_amd");
	strcpy(info.attach, "tp_btf");
	strcpy(info.by, "port");
	info.isa = EXIT_LEAF_ISA_SVM;
	info.fast = true;
	info.off_cpu = true;
	info.guest_marks = true;
	info.interval_ns = FIXTURE_STEP;
	info.detail_ns = detail_ns;
	info.started_ns = FIXTURE_START;
	return info;
}

static void add_slow(struct ledger *ledger, unsigned int n)
{
	const struct ledger_slow slow = {
		.at_ns = FIXTURE_START + n * FIXTURE_STEP - 1,
		.vm = 1 + n % 2,
		.times = exit_times_of_one(2000000, 0, 0),
		.key = n % 3 ? 0x3f8 : ~0ull,
		.has_key = n % 2,
		.tid = 10000,
		.reason = EXIT_SVM_IOIO,
	};

	if (ledger_slow_add(&ledger->slows, &slow))
		abort();
}

/*
 * Add a guest's mark and a reset in every second interval.  KVM's total is
 * unknown, equal to BPF's, or above it by 1, which two vCPUs allow.
 */
static void add_marks(struct ledger *ledger, unsigned int n)
{
	struct ledger_mark mark = {
		.at_ns = FIXTURE_START + n * FIXTURE_STEP - 2,
		.vm = 1,
		.vcpu_id = 1,
		.vcpus = 2,
		.has_kernel = n % 4 == 0,
		.kernel_exits = 1000 * n + n / 4 % 2,
		.exits = 1000 * n,
		.exits_before = 1000 * n - 3,
	};

	if (n % 2)
		return;
	snprintf(mark.text, sizeof(mark.text), "step %u", n);
	if (ledger_mark_add(&ledger->marks, &mark))
		abort();
	mark = (struct ledger_mark){ .at_ns = mark.at_ns + 1,
				     .vm = 2,
				     .vcpus = 2,
				     .reset = true,
				     .exits = 500 * n,
				     .exits_before = 500 * n };
	if (ledger_mark_add(&ledger->marks, &mark))
		abort();
}

void fixture_interval(struct ledger *ledger, unsigned int n)
{
	const uint64_t brief = 3 + n / 2;
	struct ledger_vcpu *vcpu;

	made_up_host(ledger, 2, 2, n);
	made_up_exits(ledger, 1, 0, 0xdead, 1);
	if (n % 3)
		made_up_key(ledger, 1, 0, EXIT_SVM_IOIO, 0x3f8 + n % 4, 1500,
			    10);
	vcpu = &ledger_find_vm(ledger, 2)->vcpu[1];
	vcpu->cells.cell[3].times.fast += 5;
	vcpu->cells.cell[3].times.preempted_ns += 1000;
	vcpu->cells.cell[3].times.blocked_ns += 20;
	vcpu->missed_exits += n % 3 == 0;
	vcpu->missed_entries += 1;
	/* Add exits of unknown reasons that got no cell. */
	vcpu->exits += 2;
	vcpu->ns += 300;
	vcpu->sparse_full += 2;
	vcpu->prior_exits = 77;
	made_up_time(ledger, brief, 0, EXIT_SVM_CPUID, 1000, 7);
	ledger_find_vm(ledger, brief)->vcpu[0].gone = n % 2;
	add_slow(ledger, n);
	add_marks(ledger, n);
	ledger->losses.no_slot = n / 4;
	ledger->ns = FIXTURE_START + n * FIXTURE_STEP;
}

static int add(struct run_writer *writer, unsigned int n, struct ledger *total,
	       struct why *why)
{
	struct ledger now = { .ns = 0 };
	int r;

	fixture_interval(&now, n);
	r = run_writer_add(writer, &now, now.ns - FIXTURE_STEP, why);
	if (!r && total && ledger_add(total, &now))
		abort();
	ledger_free(&now);
	return r;
}

int fixture_run(const char *path, unsigned int nr, uint64_t detail_ns,
		const struct filter *filter, struct ledger *total, bool finish,
		struct why *why)
{
	static const struct filter all;
	struct run_info info = fixture_info(detail_ns);
	struct run_writer *writer;
	int r;

	r = run_writer_open(path, &info, filter ? filter : &all, &writer, why);
	for (unsigned int n = 1; !r && n <= nr; n++)
		r = add(writer, n, total, why);
	info.ended_ns = FIXTURE_START + nr * FIXTURE_STEP;
	if (!r && total)
		run_cells_sum(total, filter ? filter : &all, &info.bpf_exits,
			      &info.bpf_ns);
	if (!r && finish)
		r = run_writer_finish(writer, &info, why);
	run_writer_close(writer);
	return r;
}

int fixture_begin(char directory[FIXTURE_PATH], char path[FIXTURE_PATH])
{
	/* Use memory if possible, so that the test does not wait for a disk. */
	strcpy(directory, access("/dev/shm", W_OK) ?
				  "/tmp/exitledger-run.XXXXXX" :
				  "/dev/shm/exitledger-run.XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, FIXTURE_PATH, "%s/run", directory);
	return 0;
}

void fixture_end(const char *directory)
{
	static const char *const files[] = { "", "-wal", "-shm", "-journal" };
	char name[FIXTURE_PATH + 16];

	for (size_t i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "%s/run%s", directory, files[i]);
		unlink(name);
	}
	rmdir(directory);
}

int fixture_read(const char *path, bool fine, struct ledger *now,
		 struct ledger *total, struct why *why)
{
	struct run_reader *reader;
	struct run_step step;
	int nr = 0, r;

	r = run_reader_open(path, fine, &reader, why);
	while (!r &&
	       (r = run_reader_next(reader, now, total, &step, why)) > 0) {
		nr++;
		r = 0;
	}
	total->ns = now->ns;
	run_reader_close(reader);
	return r ? r : nr;
}

void fixture_sql(const char *path, const char *sql)
{
	sqlite3 *db;

	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
		fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(db));
		abort();
	}
	sqlite3_close(db);
}
