// SPDX-License-Identifier: GPL-2.0-only
/* Doctor on kernels that are too old, are tested, were tried, or neither. */
#include <errno.h>
#include <string.h>

#include "fake_host.h"
#include "host/kernel_needs.h"
#include "tests/tap.h"

/* A kernel is too old by its version, unless BPF's features were backported. */
START_TEST(kernels)
{
	static const struct {
		const char *release;
		enum doctor_state state;
	} row[] = {
		{ "5.10.0-32-amd64", DOCTOR_MISSING },
		{ "4.19.0", DOCTOR_MISSING },
		{ "5.15.0-122-generic", DOCTOR_MISSING },
		{ "6.0.0-rc1", DOCTOR_OK },
		{ "6.1.0-56-amd64", DOCTOR_OK },
		{ "10.0.1", DOCTOR_OK },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		diagnose();
		strcpy(facts.host.kernel, row[i].release);
		facts.btf.bpf_of_61 = false;
		doctor_diagnose(&facts, &diagnosis);
		finding_is("kernel", row[i].state, row[i].release);
		if (row[i].state == DOCTOR_MISSING) {
			finding_is("kernel", row[i].state, "4 MiB");
			finding_is("kernel", row[i].state,
				   "boot Linux " KERNEL_LEAST);
			ck_assert(!diagnosis.can_monitor);
		}
		facts.btf.bpf_of_61 = true;
		doctor_diagnose(&facts, &diagnosis);
		finding_is("kernel", DOCTOR_OK, row[i].release);
	}
}
END_TEST

/* A series that tests run on, one that was tried, and others. */
START_TEST(series)
{
	static const struct {
		const char *release;
		enum doctor_state state;
		const char *words;
	} row[] = {
		{ "6.1.0-57-amd64", DOCTOR_OK,
		  "tests run on Debian's Linux 6.1" },
		{ "6.18.3", DOCTOR_OK, "exact when Debian's Linux 6.18 was" },
		{ "6.11.0-9-generic", DOCTOR_UNKNOWN,
		  "never tried on Linux 6.11" },
		{ "6.11.0-9-generic", DOCTOR_UNKNOWN, "Linux 6.1, 6.12, 6.18" },
		{ "61.1.0", DOCTOR_UNKNOWN, "never tried on Linux 61.1" },
		{ "made-up", DOCTOR_UNKNOWN, "never tried on Linux made-up" },
	};

	diagnose();
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		strcpy(facts.host.kernel, row[i].release);
		doctor_diagnose(&facts, &diagnosis);
		finding_is("series", row[i].state, row[i].words);
		ck_assert(diagnosis.can_monitor);
	}
}
END_TEST

/*
 * The modules of a kernel that is too old have no BTF.  No remedy is shown for
 * the missing BTF, as it would not help.
 */
START_TEST(too_old_without_btf)
{
	root_unlink("/sys/kernel/btf/kvm");
	root_unlink("/sys/kernel/btf/kvm_amd");
	diagnose();
	strcpy(facts.host.kernel, "5.10.0-32-amd64");
	facts.btf.bpf_of_61 = false;
	for (int records = 0; records < 2; records++) {
		facts.records = records ? -ENOENT : 0;
		doctor_diagnose(&facts, &diagnosis);
		finding_is("btf", DOCTOR_WARNING, "boot Linux " KERNEL_LEAST);
		ck_assert_ptr_null(strstr(find("btf")->advice, "tracepoints"));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("doctor_kernel");
	TCase *tcase = tcase_create("doctor_kernel");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, kernels);
	tcase_add_test(tcase, series);
	tcase_add_test(tcase, too_old_without_btf);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
