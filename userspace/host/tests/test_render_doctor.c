// SPDX-License-Identifier: GPL-2.0-only
/* The doctor's output: as text and as JSON. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fake_host.h"
#include "host/render_doctor.h"
#include "tests/table_check.h"
#include "tests/json_tree.h"
#include "tests/tap.h"

static char text[16384];

static const char *render(bool colour)
{
	FILE *file = fmemopen(text, sizeof(text), "w");

	ck_assert_ptr_nonnull(file);
	render_doctor_text(&diagnosis, &facts, colour, file);
	fclose(file);
	return text;
}

static void in_80_columns(void)
{
	render(false);
	ck_assert_ptr_null(strchr(text, '\033'));
	for (const char *line = text; *line;) {
		size_t n = strcspn(line, "\n");

		ck_assert_msg(n <= 80, "%zu columns: %.*s", n, (int)n, line);
		ck_assert_msg(!n || line[n - 1] != ' ', "blanks at the end");
		line += n + 1;
	}
}

/* The worst host: every finding has its longest text. */
static void worst_host(void)
{
	root_remove();
	root_make();
	root_write("/sys/module/kvm_something_else_altogether/initstate",
		   "live\n");
	diagnose();
	memset(facts.host.kernel, 'k', sizeof(facts.host.kernel) - 1);
	facts.lockdown = LOCKDOWN_CONFIDENTIALITY;
	probed(EPERM, EPERM, EPERM, EPERM);
}

START_TEST(for_people)
{
	diagnose();
	probed(0, 0, 0, 0);
	in_80_columns();
	ck_assert_ptr_nonnull(strstr(text, "\nok       kvm         kvm_amd"));
	ck_assert_ptr_nonnull(strstr(text, "can run here, exitledger compare "
					   "can too\n"));
	ck_assert_ptr_nonnull(strstr(render(true), "\033[32mok      \033[0m"));
	some_vms();
	memset(facts.vms.vm[0].name, 'n', sizeof(facts.vms.vm[0].name) - 1);
	facts.vms.unseen = 123456;
	doctor_diagnose(&facts, &diagnosis);
	in_80_columns();
	ck_assert_ptr_nonnull(strstr(text, " web1, pid 200, 2 vCPUs\n"));
	ck_assert_ptr_nonnull(strstr(text, "pid 31, 1 vCPU\n"));
	worst_host();
	for (size_t i = 0; i < diagnosis.nr; i++)
		ck_assert_msg(diagnosis.finding[i].state != DOCTOR_MISSING ||
				      diagnosis.finding[i].advice[0],
			      "%s: what to do?", diagnosis.finding[i].name);
	in_80_columns();
	ck_assert_ptr_nonnull(strstr(text, "cannot run here: 7 things"));
	ck_assert_ptr_nonnull(strstr(text, "missing  privileges"));
	ck_assert_ptr_nonnull(strstr(text, "-> run it with sudo"));
}
END_TEST

/* Names and releases of all widths. */
START_TEST(wide_text)
{
	check_locale();
	for (unsigned int n = 0; n < 22; n++) {
		struct vm_process vm = { .pid = 4194304, .vcpus = 4096 };
		struct host_facts wide = { .vms = { .vm = &vm, .nr = 1 } };
		struct diagnosis diagnosed = { .nr = 1 };
		FILE *file = fmemopen(text, sizeof(text), "w");

		snprintf(vm.name, sizeof(vm.name), "%s", check_name(n, false));
		diagnosed.finding[0].name = "kernel";
		snprintf(diagnosed.finding[0].fact,
			 sizeof(diagnosed.finding[0].fact), "Linux %.180s",
			 check_name(n, true));
		render_doctor_text(&diagnosed, &wide, false, file);
		fclose(file);
		check_lines(text);
		ck_assert_ptr_nonnull(strstr(text, "4194304"));
	}
}
END_TEST

START_TEST(for_programs)
{
	json_t *json, *host, *finding;
	size_t i;

	diagnose();
	probed(0, EPERM, 0, 0);
	facts.probes.tp.tried = false;
	some_vms();
	json = JSON_TREE(to, render_doctor_json(&diagnosis, &facts, to.out));
	ck_assert_ptr_nonnull(json);
	host = json_object_get(json, "host");
	ck_assert_str_eq(json_string_value(json_object_get(host, "backend")),
			 "kvm_amd");
	ck_assert_str_eq(json_string_value(json_object_get(host, "isa")),
			 "svm");
	ck_assert_int_eq(
		json_integer_value(json_object_get(host, "exit_stats")), 2);
	ck_assert(json_is_true(json_object_get(host, "exit_stats_leaves")));
	ck_assert(json_is_true(json_object_get(json, "can_monitor")));
	host = json_object_get(json, "attach");
	ck_assert(json_is_true(json_object_get(host, "tp_btf")));
	ck_assert(json_is_false(json_object_get(host, "raw_tp")));
	ck_assert(json_is_null(json_object_get(host, "tp")));
	ck_assert_uint_eq(json_array_size(json_object_get(json, "vms")), 2);
	ck_assert_uint_eq(json_array_size(json_object_get(json, "findings")),
			  diagnosis.nr);
	json_array_foreach (json_object_get(json, "findings"), i, finding) {
		ck_assert_str_eq(
			json_string_value(json_object_get(finding, "fact")),
			diagnosis.finding[i].fact);
	}
	json_decref(json);
	worst_host();
	json = JSON_TREE(to, render_doctor_json(&diagnosis, &facts, to.out));
	ck_assert_ptr_nonnull(json);
	host = json_object_get(json, "host");
	ck_assert(json_is_null(json_object_get(host, "exit_stats")));
	ck_assert(json_is_null(json_object_get(host, "isa")));
	ck_assert_str_eq(json_string_value(json_object_get(host, "lockdown")),
			 "confidentiality");
	json_decref(json);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("render_doctor");
	TCase *tcase = tcase_create("render_doctor");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, for_people);
	tcase_add_test(tcase, wide_text);
	tcase_add_test(tcase, for_programs);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
