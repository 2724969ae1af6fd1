// SPDX-License-Identifier: GPL-2.0-only
/*
 * The exporter's counters lose nothing, whichever VMs come and go and whatever
 * their names are.
 */
#include <stdio.h>
#include <string.h>

#include "export/export_book.h"
#include "ledger/reasons.h"
#include "tests/made_up.h"
#include "tests/tap.h"

#define S 1000000000ull
#define HLT EXIT_SVM_HLT
#define IOIO EXIT_SVM_IOIO
#define MSR EXIT_SVM_MSR

static struct export_book book;
static struct ledger interval;
static struct filter filter;
static uint64_t now;

static void begin(void)
{
	now = 1000 * S;
	book = (struct export_book){ .since_ns = now, .options.max_vms = 2000 };
}

static void end(void)
{
	export_book_free(&book);
	ck_assert_ptr_null(book.vm);
	ledger_free(&interval);
	filter_free(&filter);
}

/* End an interval and add its exits to the book. */
static void add(uint64_t seconds)
{
	now += seconds * S;
	ck_assert_int_eq(export_book_add(&book, &interval, now), 0);
	ledger_reset(&interval);
}

static void name(uint64_t vm, const char *text)
{
	snprintf(ledger_find_vm(&interval, vm)->name, LEDGER_NAME, "%s", text);
}

static void gone(uint64_t vm)
{
	struct ledger_vm *of = ledger_find_vm(&interval, vm);

	for (size_t i = 0; i < of->nr_vcpus; i++)
		of->vcpu[i].gone = true;
}

/* The series of a VM name; NULL: there are none. */
static const struct export_vm *series(const char *of)
{
	for (size_t i = 0; i < book.nr_vms; i++) {
		if (!strcmp(book.vm[i].vm->name, of))
			return book.vm[i].vm;
	}
	return book.other && !strcmp(of, EXPORT_OTHER) ? book.other : NULL;
}

static uint64_t exits_of(const struct export_vm *vm)
{
	uint64_t exits = 0;

	for (size_t i = 0; vm && i < vm->nr_cells; i++)
		exits += vm->cell[i].times.exits;
	return exits;
}

static uint64_t exits(const char *of)
{
	const struct export_vm *vm = series(of);

	ck_assert_msg(vm, "'%s' has no series", of);
	return exits_of(vm);
}

static uint64_t all_exits(void)
{
	uint64_t sum = exits_of(book.other);

	for (size_t i = 0; i < book.nr_vms; i++)
		sum += exits_of(book.vm[i].vm);
	return sum;
}

START_TEST(intervals_are_added_up)
{
	const struct export_vm *vm;

	for (unsigned int step = 0; step < 3; step++) {
		made_up_time(&interval, 1, 0, HLT, 1000, 2);
		made_up_time(&interval, 1, 1, HLT, 3000, 3);
		made_up_time(&interval, 1, 1, IOIO, 500, 1);
		add(15);
	}
	vm = series("vm1");
	ck_assert_ptr_nonnull(vm);
	ck_assert_uint_eq(vm->nr_cells, 2);
	ck_assert_uint_eq(vm->vcpus, 2);
	ck_assert_uint_eq(vm->pid, 1001);
	/* Ascending by reason: HLT is 0x78, IOIO is 0x7b. */
	ck_assert_uint_eq(vm->cell[0].reason->code, HLT);
	ck_assert_uint_eq(vm->cell[0].times.exits, 15);
	ck_assert_uint_eq(vm->cell[0].times.ns, 3 * (2 * 1000 + 3 * 3000));
	ck_assert_uint_eq(vm->cell[1].times.exits, 3);
	ck_assert_uint_eq(hist_count(&book.reason[0].reason->hist), 15);
	ck_assert_uint_eq(hist_count(&vm->cell[0].hist), 0);
	ck_assert_uint_eq(book.reason[0].reason->ns, vm->cell[0].times.ns);
	/* All counters were 0 when the book was opened. */
	ck_assert_uint_eq(vm->cell[0].since_ns, 1000 * S);
	/* An empty interval adds nothing. */
	add(15);
	ck_assert_uint_eq(exits("vm1"), 18);
	made_up_exits(&interval, 1, 0, MSR, 1);
	add(15);
	ck_assert_uint_eq(vm->cell[2].since_ns, now - 15 * S);
}
END_TEST

START_TEST(vcpus_apart_and_histograms_of_vms)
{
	const struct export_vm *vm;

	book.options.by_vcpu = book.options.vm_histograms = true;
	made_up_time(&interval, 1, 0, IOIO, 1000, 2);
	made_up_time(&interval, 1, 7, HLT, 3000, 3);
	add(15);
	vm = series("vm1");
	ck_assert_uint_eq(vm->nr_cells, 2);
	ck_assert_uint_eq(vm->cell[0].vcpu, 0);
	ck_assert_uint_eq(vm->cell[1].vcpu, 7);
	ck_assert_uint_eq(hist_count(&vm->cell[1].hist), 3);
	for (size_t i = 0; i < book.nr_reasons; i++)
		ck_assert_uint_eq(hist_count(&book.reason[i].reason->hist), 0);
}
END_TEST

START_TEST(filtered)
{
	book.options.filter = &filter;
	ck_assert_int_eq(filter_add_vm(&filter, "vm[12]"), 0);
	ck_assert_int_eq(filter_add_number(&filter.vcpus, 1), 0);
	ck_assert_int_eq(filter_add_number(&filter.reasons, IOIO), 0);
	book.options.by = LEDGER_KEY_PORT;
	for (uint64_t vm = 1; vm <= 3; vm++) {
		for (uint32_t vcpu = 0; vcpu < 2; vcpu++) {
			made_up_exits(&interval, vm, vcpu, IOIO, 10 * vm);
			made_up_exits(&interval, vm, vcpu, HLT, 1);
			made_up_key(&interval, vm, vcpu, IOIO, 0x70, 1, vm);
			made_up_key(&interval, vm, vcpu, HLT, 0x70, 1, vm);
		}
	}
	add(15);
	ck_assert_uint_eq(book.nr_vms, 2);
	ck_assert_uint_eq(exits("vm1"), 10);
	ck_assert_uint_eq(exits("vm2"), 20);
	ck_assert_uint_eq(series("vm2")->keys.nr, 1);
	ck_assert_uint_eq(series("vm2")->keys.key[0].exits, 2);
}
END_TEST

START_TEST(two_of_one_name)
{
	for (uint64_t vm = 1; vm <= 4; vm++) {
		made_up_exits(&interval, vm, 0, HLT, vm);
		name(vm, "web");
	}
	/* One process has two VMs of the same name. */
	ledger_find_vm(&interval, 3)->pid = 1002;
	/* A VM has a name that the book itself uses. */
	name(4, EXPORT_OTHER);
	add(15);
	ck_assert_uint_eq(exits("web"), 1);
	ck_assert_uint_eq(exits("web (1002)"), 2);
	ck_assert_uint_eq(exits("web (1002, VM 3)"), 3);
	ck_assert_uint_eq(exits(EXPORT_OTHER " (1004)"), 4);
	/*
	 * After the first VM has ended, the second keeps the name it was given.
	 */
	made_up_exits(&interval, 1, 0, HLT, 10);
	gone(1);
	made_up_exits(&interval, 2, 0, HLT, 20);
	add(15);
	ck_assert_uint_eq(exits("web"), 11);
	ck_assert_uint_eq(exits("web (1002)"), 22);
	ck_assert_uint_eq(series("web")->vcpus, 0);
}
END_TEST

/* A restarted VM continues its counters: no counter falls. */
START_TEST(started_again)
{
	uint64_t folded;

	made_up_exits(&interval, 1, 0, HLT, 5);
	name(1, "web");
	add(15);
	made_up_exits(&interval, 1, 0, HLT, 5);
	gone(1);
	add(15);
	ck_assert_uint_eq(export_book_live(&book, &folded), 0);
	made_up_exits(&interval, 2, 0, HLT, 7);
	made_up_exits(&interval, 2, 1, HLT, 7);
	name(2, "web");
	add(15);
	ck_assert_uint_eq(book.nr_vms, 1);
	ck_assert_uint_eq(exits("web"), 24);
	ck_assert_uint_eq(series("web")->pid, 1002);
	ck_assert_uint_eq(series("web")->vcpus, 2);
	ck_assert_uint_eq(export_book_live(&book, &folded), 1);
	/*
	 * The VM's first end is more than EXPORT_KEEP_NS ago, but its second
	 * end is not.
	 */
	add(400);
	ck_assert_uint_eq(exits("web"), 24);
	ck_assert_uint_eq(book.nr_entries, 1);
}
END_TEST

START_TEST(a_vcpu_after_the_end)
{
	uint64_t folded;

	made_up_exits(&interval, 1, 0, HLT, 5);
	gone(1);
	add(15);
	ck_assert_uint_eq(export_book_live(&book, &folded), 0);
	made_up_exits(&interval, 1, 1, HLT, 1);
	add(15);
	ck_assert_uint_eq(export_book_live(&book, &folded), 1);
	ck_assert_uint_eq(exits("vm1"), 6);
	ck_assert_uint_eq(series("vm1")->vcpus, 1);
}
END_TEST

START_TEST(series_end_after_300_seconds)
{
	made_up_exits(&interval, 1, 0, HLT, 5);
	made_up_time(&interval, 2, 0, HLT, 2000, 5);
	gone(2);
	add(15);
	export_book_forget(&book, now + 299 * S);
	ck_assert_uint_eq(exits("vm2"), 5);
	export_book_forget(&book, now + 300 * S);
	ck_assert_ptr_null(series("vm2"));
	ck_assert_uint_eq(book.nr_entries, 1);
	/* The sums of the host continue. */
	ck_assert_uint_eq(hist_count(&book.reason[0].reason->hist), 5);
	/* A VM that has not ended keeps its series, even without exits. */
	add(4000);
	ck_assert_uint_eq(exits("vm1"), 5);
}
END_TEST

START_TEST(folded_exactly)
{
	uint64_t folded, booked = 0;

	book.options.max_vms = 3;
	for (uint64_t step = 1; step <= 4; step++) {
		for (uint64_t vm = 1; vm <= 10; vm++) {
			made_up_exits(&interval, vm, 0, HLT, vm * step);
			made_up_exits(&interval, vm, 1, IOIO, 1000);
			booked += vm * step + 1000;
		}
		add(15);
		ck_assert_uint_eq(all_exits(), booked);
	}
	ck_assert_uint_eq(book.nr_vms, 3);
	ck_assert_uint_eq(export_book_live(&book, &folded), 10);
	ck_assert_uint_eq(folded, 7);
	ck_assert_uint_eq(book.other->vcpus, 14);
	ck_assert_uint_eq(exits("vm3"), 3 * 10 + 4000);
	/* One VM has ended; folded VMs stay folded, as no counter may fall. */
	made_up_exits(&interval, 1, 0, HLT, 1);
	gone(1);
	add(15);
	made_up_exits(&interval, 9, 0, HLT, 1);
	made_up_exits(&interval, 11, 0, HLT, 1);
	add(301);
	/* All exits but those of the VM whose series were dropped. */
	ck_assert_uint_eq(all_exits(), booked + 3 - (10 + 4000 + 1));
	made_up_exits(&interval, 9, 0, HLT, 1);
	made_up_exits(&interval, 12, 0, HLT, 6);
	add(15);
	ck_assert_ptr_null(series("vm1"));
	ck_assert_ptr_null(series("vm9"));
	ck_assert_ptr_null(series("vm11"));
	ck_assert_uint_eq(exits("vm12"), 6);
	/* The last of the folded VMs has ended. */
	for (uint64_t vm = 2; vm <= 12; vm++) {
		made_up_exits(&interval, vm, 0, HLT, 1);
		if (vm != 12)
			gone(vm);
	}
	add(15);
	add(301);
	ck_assert_ptr_null(book.other);
	ck_assert_uint_eq(book.nr_vms, 1);
	ck_assert_uint_eq(all_exits(), 7);
}
END_TEST

START_TEST(keys_stay_and_their_sum_is_exact)
{
	const struct export_keys *keys;
	uint64_t sum = 0;

	book.options.by = LEDGER_KEY_PORT;
	/* There are more keys than series; the last keys are used most. */
	for (uint64_t key = 0; key < 50; key++) {
		made_up_key(&interval, 1, key % 2, IOIO, key, 10, key + 1);
		sum += key + 1;
	}
	add(15);
	keys = &series("vm1")->keys;
	ck_assert_uint_eq(keys->nr, EXPORT_KEYS + 1);
	ck_assert_uint_eq(keys->key[0].key, 50 - EXPORT_KEYS);
	ck_assert(keys->key[EXPORT_KEYS].other);
	/*
	 * A key that is used most only later gets no series; no counter falls.
	 */
	made_up_key(&interval, 1, 0, IOIO, 1, 10, 100000);
	made_up_key(&interval, 1, 1, IOIO, 49, 10, 1);
	made_up_key(&interval, 1, 1, MSR, 49, 10, 1);
	sum += 100002;
	add(15);
	ck_assert_uint_eq(keys->nr, EXPORT_KEYS + 2);
	ck_assert_uint_eq(keys->key[EXPORT_KEYS - 1].exits, 51);
	for (size_t i = 0; i < keys->nr; i++)
		sum -= keys->key[i].exits;
	ck_assert_uint_eq(sum, 0);
}
END_TEST

START_TEST(slow_exits)
{
	struct ledger_slow slow = { .vm = 1, .vcpu_id = 0, .reason = IOIO };

	book.options.filter = &filter;
	ck_assert_int_eq(filter_add_number(&filter.vcpus, 0), 0);
	made_up_exits(&interval, 1, 0, IOIO, 10);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(ledger_slow_add(&interval.slows, &slow), 0);
	slow.vcpu_id = 1;
	ck_assert_int_eq(ledger_slow_add(&interval.slows, &slow), 0);
	slow.vm = 2; /* a VM that the book does not have */
	ck_assert_int_eq(ledger_slow_add(&interval.slows, &slow), 0);
	add(15);
	ck_assert_uint_eq(series("vm1")->cell[0].slow, 3);
	ck_assert_uint_eq(book.nr_vms, 1);
}
END_TEST

START_TEST(slowest_since_the_last_scrape)
{
	made_up_time(&interval, 1, 0, IOIO, 2000, 1);
	made_up_time(&interval, 2, 3, IOIO, 9000, 1);
	add(15);
	made_up_time(&interval, 1, 0, IOIO, 3000, 1);
	add(15);
	ck_assert_uint_eq(book.reason[0].reason->slowest.ns, 9000);
	ck_assert_str_eq(book.reason[0].reason->slowest.vm, "vm2");
	ck_assert_uint_eq(book.reason[0].reason->slowest.vcpu, 3);
	ck_assert_uint_eq(book.reason[0].reason->slowest.tid, 20003);
	ck_assert_uint_eq(book.reason[0].reason->slowest.pid, 1002);
	export_book_scraped(&book);
	ck_assert_uint_eq(book.reason[0].reason->slowest.ns, 0);
}
END_TEST

static uint64_t lost(const char *kind)
{
	struct loss list[LOSSES_MAX];
	size_t nr = export_book_losses(&book, list);

	for (size_t i = 0; i < nr; i++) {
		if (!strcmp(list[i].name, kind))
			return list[i].count;
	}
	ck_abort_msg("no loss is called %s", kind);
	return 0;
}

/* Losses of the host are totals; those of vCPUs are per interval. */
START_TEST(losses)
{
	ck_assert_uint_eq(lost("no_slot"), 0);
	for (int i = 1; i <= 3; i++) {
		made_up_exits(&interval, 1, 0, HLT, 1);
		interval.losses.no_slot = 10 * i;
		interval.vm[0].vcpu[0].missed_exits = 2;
		if (i == 3)
			gone(1);
		add(15);
	}
	add(1000);
	ck_assert_ptr_null(series("vm1"));
	ck_assert_uint_eq(lost("no_slot"), 30);
	ck_assert_uint_eq(lost("missed_exits"), 6);
}
END_TEST

static void facts(void *context, uint32_t pid, struct export_facts *of)
{
	(*(int *)context)++;
	snprintf(of->vmm, sizeof(of->vmm), "vmm%u", pid);
}

START_TEST(facts_are_asked_for_once)
{
	int asked = 0;

	book.options.facts = facts;
	book.options.context = &asked;
	for (int i = 0; i < 3; i++) {
		made_up_exits(&interval, 1, 0, HLT, 1);
		add(15);
	}
	ck_assert_int_eq(asked, 1);
	ck_assert_str_eq(series("vm1")->facts.vmm, "vmm1001");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("export_book");
	TCase *tcase = tcase_create("book");

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, intervals_are_added_up);
	tcase_add_test(tcase, vcpus_apart_and_histograms_of_vms);
	tcase_add_test(tcase, filtered);
	tcase_add_test(tcase, two_of_one_name);
	tcase_add_test(tcase, started_again);
	tcase_add_test(tcase, a_vcpu_after_the_end);
	tcase_add_test(tcase, series_end_after_300_seconds);
	tcase_add_test(tcase, folded_exactly);
	tcase_add_test(tcase, keys_stay_and_their_sum_is_exact);
	tcase_add_test(tcase, slow_exits);
	tcase_add_test(tcase, slowest_since_the_last_scrape);
	tcase_add_test(tcase, losses);
	tcase_add_test(tcase, facts_are_asked_for_once);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
