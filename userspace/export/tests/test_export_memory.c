// SPDX-License-Identifier: GPL-2.0-only
/* The exporter uses memory only for VMs that exist or ended recently. */
#include <errno.h>
#include <malloc.h>

#include "export/export_book.h"
#include "ledger/reasons.h"
#include "tests/made_up.h"
#include "tests/no_memory.h"
#include "tests/tap.h"

#define S 1000000000ull

static struct export_book book;
static struct ledger interval;
static uint64_t now;

static void begin(void)
{
	now = 1000 * S;
	book = (struct export_book){ .since_ns = now, .options.max_vms = 2000 };
}

static void end(void)
{
	export_book_free(&book);
	ledger_free(&interval);
}

static void gone(struct ledger_vm *vm)
{
	for (size_t i = 0; i < vm->nr_vcpus; i++)
		vm->vcpu[i].gone = true;
}

/* From LLVM's sanitizer/allocator_interface.h, which Debian's GCC lacks. */
size_t __sanitizer_get_current_allocated_bytes(void);

/*
 * Bytes that are allocated.  The address sanitizer has its own allocator, which
 * mallinfo2() does not know.
 */
static size_t allocated(void)
{
#ifdef __SANITIZE_ADDRESS__
	return __sanitizer_get_current_allocated_bytes();
#else
	return mallinfo2().uordblks;
#endif
}

/*
 * 10,000 VMs come and go in an hour, each for two intervals; memory use stays
 * constant.
 */
START_TEST(memory_is_flat)
{
	size_t early = 0, most = 0;
	uint64_t vm = 0;

	for (unsigned int step = 0; step < 240; step++) {
		/* The VMs that began two intervals ago have ended. */
		for (uint64_t i = 0; i < 42; i++) {
			made_up_time(&interval, vm + i, 0, EXIT_SVM_HLT,
				     1000 + i, 5);
			made_up_time(&interval, vm + i, 1, EXIT_SVM_IOIO, 900,
				     5);
			gone(ledger_find_vm(&interval, vm + i));
		}
		for (uint64_t i = 42; i < 84; i++)
			made_up_time(&interval, vm + i, 0, EXIT_SVM_HLT,
				     1000 + i, 5);
		vm += 42;
		now += 15 * S;
		ck_assert_int_eq(export_book_add(&book, &interval, now), 0);
		ledger_reset(&interval);
		if (step == 60)
			early = allocated();
		if (step > 60 && allocated() > most)
			most = allocated();
	}
	ck_assert_uint_le(book.nr_vms, 42 * 23);
	ck_assert_uint_gt(early, 0);
	ck_assert_msg(most < early + early / 10, "%zu bytes, then %zu", early,
		      most);
}
END_TEST

static uint64_t exits_of(const struct export_vm *vm)
{
	uint64_t exits = 0;

	for (size_t i = 0; i < vm->nr_cells; i++)
		exits += vm->cell[i].times.exits;
	return exits;
}

/* If memory runs out anywhere, the error is returned and nothing leaks. */
START_TEST(no_memory)
{
	int failures = 0;

	book.options.by = LEDGER_KEY_PORT;
	book.options.max_vms = 1;
	for (uint64_t vm = 1; vm <= 2; vm++) {
		made_up_time(&interval, vm, 0, EXIT_SVM_IOIO, 1000, 1);
		made_up_key(&interval, vm, 0, EXIT_SVM_IOIO, 0x70, 1, vm);
	}
	for (int left = 0; left < 1000; left++) {
		int r = WITH_MEMORY(left,
				    export_book_add(&book, &interval, now));

		if (!r)
			break;
		ck_assert_int_eq(r, -ENOMEM);
		failures++;
		export_book_free(&book);
		begin();
		book.options.by = LEDGER_KEY_PORT;
		book.options.max_vms = 1;
	}
	ck_assert_int_gt(failures, 10);
	/* One VM has its own series, the other one is folded. */
	ck_assert_uint_eq(book.nr_vms, 1);
	ck_assert_ptr_nonnull(book.other);
	ck_assert_uint_eq(exits_of(book.vm[0].vm) + exits_of(book.other), 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("export_memory");
	TCase *tcase = tcase_create("memory");

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, memory_is_flat);
	tcase_add_test(tcase, no_memory);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
