// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests that books and reports are written as JSON and read back, and that
 * damaged files are refused.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "balance/books.h"
#include "compare/render_compare.h"
#include "exit_leaves.h"
#include "tests/json_tree.h"
#include "tests/tap.h"

static char path[] = "/tmp/exitledger-test.XXXXXX";
static struct books books, loaded;
static struct why why;

static void setup(void)
{
	int fd;

	strcpy(path + strlen(path) - 6, "XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	memset(&books, 0, sizeof(books));
	memset(&loaded, 0, sizeof(loaded));
	why.text[0] = '\0';
}

static void teardown(void)
{
	unlink(path);
	books_free(&books);
	books_free(&loaded);
}

static void fill(void)
{
	struct answer answer = {
		.read = { EXIT_LEAF_REASON_EXITS, 0x7b, 7, 1, 0, 0 },
		.vm = 3,
		.ns = 1ull << 60,
		.found = true,
		.paired = true,
		.vcpus = 2,
		.outside = 2,
		.exits_before = 0x100000007ull,
		.exits_after = 0x100000007ull,
		.ns_before = 1,
		.ns_after = 2,
	};
	struct ledger_vcpu *vcpu;
	struct ledger_vm *vm;

	strcpy(books.host.kernel, "6.1.0-test");
	strcpy(books.host.vendor, "kvm_amd");
	books.host.isa = EXIT_LEAF_ISA_SVM;
	books.host.exit_stats = 2;
	books.host.by_anchors = true;
	books.exit_stats_after = 2;
	strcpy(books.attach, "tp_btf");
	strcpy(books.command, "a \"quoted\" command");
	books.tsc_khz = 2345678.5;
	books.ledger.losses.no_slot = 4;
	books.statistics_cleared = 2;
	books.host_reads = 6;
	strcpy(books.numbering, "somebody's");
	books.answers.dropped = 5;
	books.started_ns = 77;
	ck_assert_int_eq(pids_add(&books.running, 1), 0);
	ck_assert_int_eq(pids_add(&books.withheld, 1234), 0);
	vm = ledger_vm(&books.ledger, 3, 1234);
	strcpy(vm->name, "web");
	vm->isa = EXIT_LEAF_ISA_SVM;
	vcpu = ledger_vcpu(vm, 1);
	vcpu->exits = 9;
	vcpu->missed_exits = 1;
	ledger_cell(&vcpu->cells, 0xffffffff)->times.exits = 9;
	ck_assert_int_eq(answers_add(&books.answers, &answer), 0);
	answer.host = true;
	ck_assert_int_eq(answers_add(&books.answers, &answer), 0);
	books.has_report = true;
	strcpy(books.report.program, "exitleaf");
	books.report.isa = EXIT_LEAF_ISA_SVM;
	books.report.read = calloc(1, sizeof(*books.report.read));
	books.report.nr = 1;
	books.report.read[0].read = answer.read;
	books.report.read[0].has_executed = true;
	books.report.read[0].executed = 77;
	books.report.read[0].has_userspace = true;
	books.report.read[0].userspace = 7777;
}

static void document(struct json_writer *json, const struct books *from)
{
	json_put_open(json, NULL, '{');
	books_json(json, from);
	json_put_close(json, '}');
}

static json_t *tree_of(const struct books *from)
{
	json_t *json = JSON_TREE(to, document(&to, from));

	ck_assert_ptr_nonnull(json);
	return json;
}

START_TEST(round_trip)
{
	json_t *json, *again;
	int r;

	fill();
	json = tree_of(&books);
	ck_assert_int_eq(books_save(&books, NULL, path, &why), 0);
	r = books_load(path, &loaded, &why);
	ck_assert_msg(!r, "%s", why.text);
	again = tree_of(&loaded);
	ck_assert(json_equal(json, again));
	ck_assert_uint_eq(leaf_exits(&loaded.answers.answer[0].read),
			  0x100000007ull);
	ck_assert_uint_eq(loaded.report.read[0].executed, 77);
	ck_assert_uint_eq(loaded.report.read[0].userspace, 7777);
	ck_assert_uint_eq(loaded.answers.answer[0].outside, 2);
	ck_assert_uint_eq(loaded.answers.nr, 2);
	ck_assert(!loaded.answers.answer[0].host);
	ck_assert(loaded.answers.answer[1].host);
	ck_assert_uint_eq(loaded.host_reads, 6);
	ck_assert_str_eq(loaded.numbering, "somebody's");
	ck_assert(loaded.host.by_anchors);
	ck_assert_uint_eq(loaded.statistics_cleared, 2);
	ck_assert_uint_eq(loaded.answers.dropped, 5);
	ck_assert_uint_eq(loaded.running.nr, 1);
	ck_assert_uint_eq(loaded.withheld.nr, 1);
	ck_assert(books_vm_is_withheld(&loaded, 3));
	json_decref(json);
	json_decref(again);
}
END_TEST

static int put_x(struct json_writer *json, const struct books *of,
		 const void *context)
{
	ck_assert_ptr_eq(of, &books);
	json_put_int(json, "x", *(const int *)context);
	return *(const int *)context < 0 ? -ENOMEM : 0;
}

/* The findings are saved together with the books. */
START_TEST(saved_with_a_result)
{
	int x = 1;
	const struct books_result result = { put_x, &x };
	json_t *json, *saved;
	struct answer more;

	fill();
	strcpy(books.command, "say \"answers\":[]");
	books.answers.nr = _i ? 1 : 0;
	more = books.answers.answer[0];
	for (int i = 1; i < _i; i++)
		ck_assert_int_eq(answers_add(&books.answers, &more), 0);
	json = tree_of(&books);
	json_object_set_new(json, "x", json_integer(1));
	ck_assert_int_eq(books_save(&books, &result, path, &why), 0);
	saved = json_load_file(path, 0, NULL);
	ck_assert(json_equal(json, saved));
	json_decref(json);
	ck_assert_int_lt(books_save(&books, &result, "/nonexistent/file", &why),
			 0);
	ck_assert_ptr_nonnull(strstr(why.text, "/nonexistent/file"));
	/* The books cannot be written completely, so the old file is kept. */
	x = -1;
	ck_assert_int_eq(books_save(&books, &result, path, &why), -ENOMEM);
	json = json_load_file(path, 0, NULL);
	ck_assert(json_equal(json, saved));
	json_decref(json);
	json_decref(saved);
}
END_TEST

/* Each member that is missing or has a wrong type is an error that names it. */
START_TEST(damaged_members)
{
	static const char *const needed[] = { "format",	  "version", "host",
					      "attach",	  "vms",     "losses",
					      "answers",  "command", "ended_ns",
					      "sees_ends" };
	json_t *json;

	fill();
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		for (int wrong = 0; wrong < 2; wrong++) {
			json = tree_of(&books);
			if (wrong)
				json_object_set_new(json, needed[i],
						    json_real(0.5));
			else
				json_object_del(json, needed[i]);
			ck_assert_int_eq(json_dump_file(json, path, 0), 0);
			json_decref(json);
			ck_assert_int_lt(books_load(path, &loaded, &why), 0);
			ck_assert_ptr_nonnull(strstr(why.text, path));
			ck_assert_ptr_null(loaded.answers.answer);
		}
	}
}
END_TEST

static void write_text(const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

START_TEST(foreign_files)
{
	static const char *const texts[] = {
		"",
		"no JSON",
		"[]",
		"{}",
		"{\"format\":\"exitledger-books\",\"version\":2}",
		"{\"format\":\"something-else\",\"version\":1}",
		"{\"format\":\"exitledger-books\",\"version\":1",
	};

	write_text(texts[_i]);
	ck_assert_int_lt(books_load(path, &loaded, &why), 0);
	ck_assert_uint_gt(strlen(why.text), strlen(path));
	ck_assert_ptr_null(strchr(why.text, '\n'));
}
END_TEST

START_TEST(missing_file)
{
	ck_assert_int_lt(books_load("/nonexistent/file", &loaded, &why), 0);
	ck_assert_ptr_nonnull(strstr(why.text, "/nonexistent/file"));
}
END_TEST

/* The report came over a serial line, between other lines of the console. */
START_TEST(report_with_noise)
{
	struct guest_report report;

	write_text("[    1.2] boot\r\n"
		   "{\"format\":\"exitledger-guest-report\",\"version\":1,\r\n"
		   "\"program\":\"exitleaf\",\"isa\":\"svm\",\"reads\":["
		   "{\"leaf\":1342177279,\"index\":0,\"eax\":5,\"ebx\":1,"
		   "\"ecx\":0,\"edx\":0}]}\r\nreboot: ...\r\n");
	ck_assert_msg(!guest_report_load(path, &report, &why), "%s", why.text);
	ck_assert_uint_eq(report.nr, 1);
	ck_assert_uint_eq(report.isa, EXIT_LEAF_ISA_SVM);
	ck_assert_uint_eq(leaf_exits(&report.read[0].read), 0x100000005ull);
	ck_assert(!report.read[0].has_executed);
	guest_report_free(&report);
}
END_TEST

/*
 * Braces before the report belong to other text, to another object, or to half
 * a report.
 */
START_TEST(report_with_braces)
{
	static const char *const before[] = {
		"[0.1] kernel: cfg {mode=1}\n",
		"{\n{{\"a\"\n",
		"{\"level\": \"info\", \"in\": {}}\n",
		"{\"return\": ",
		"{\"format\": \"exitledger-guest-report\", \"version\": 1, \"reads\": [{",
	};
	struct guest_report report;
	char text[512];

	snprintf(text, sizeof(text),
		 "%s{\"format\":\"exitledger-guest-report\",\"version\":1,"
		 "\"program\":\"exitleaf\",\"reads\":[{\"leaf\":1342177279,"
		 "\"index\":0,\"eax\":5,\"ebx\":1,\"ecx\":0,\"edx\":0}]} }\n",
		 before[_i]);
	write_text(text);
	ck_assert_msg(!guest_report_load(path, &report, &why), "%s", why.text);
	ck_assert_uint_eq(report.nr, 1);
	guest_report_free(&report);
}
END_TEST

#define REPORT_OF(eax)                                              \
	"{\"format\":\"exitledger-guest-report\",\"version\":1,"    \
	"\"program\":\"exitleaf\",\"reads\":[{\"leaf\":1342177279," \
	"\"index\":0,\"eax\":" eax ",\"ebx\":0,\"ecx\":0,\"edx\":0}]}"

/* A guest reports several times, with other text between its reports. */
START_TEST(several_reports)
{
	static const char text[] = "login: root\r\n" REPORT_OF("5") "\r\n# {x} " REPORT_OF(
		"6") "{ \"format\" : \"exitledger-guest-report\", \"version\": 1, \"reads\": [{\n"
		     "[0.1] kernel\n" REPORT_OF(
			     "7") "\n{\"format\":\"exitledger-guest-report\",";
	struct guest_reports reports;

	write_text(text);
	ck_assert_msg(!guest_reports_load(path, &reports, &why), "%s",
		      why.text);
	ck_assert_uint_eq(reports.nr, 3);
	ck_assert_uint_eq(reports.damaged, 2);
	for (size_t i = 0; i < 3; i++)
		ck_assert_uint_eq(reports.report[i].read[0].read.eax, 5 + i);
	fill();
	books_drop_reports(&books);
	ck_assert_int_eq(books_add_reports(&books, &reports), 0);
	ck_assert_uint_eq(books.nr_earlier, 2);
	ck_assert_uint_eq(books.report.read[0].read.eax, 7);
	ck_assert_uint_eq(books.reports_damaged, 2);
	ck_assert_uint_eq(reports.nr, 0);
}
END_TEST

#define A_READ "{\"leaf\":1342177279,\"index\":0,\"eax\":5,\"ebx\":0}"

/* A kernel message is inside of a report, so only its reads are left. */
START_TEST(reports_without_a_beginning)
{
	struct guest_reports reports;

	write_text("{\"eax\":1} {\"leaf\":1} " REPORT_OF("5"));
	ck_assert_msg(!guest_reports_load(path, &reports, &why), "%s",
		      why.text);
	ck_assert_uint_eq(reports.damaged, 0);
	guest_reports_free(&reports);

	write_text("{\"for[0.1] kernel\nmat\":\"x\",\"reads\":[" A_READ
		   "," A_READ "]}\n" REPORT_OF("5") "\nreads\":[" A_READ
						    "," A_READ "]}\n");
	ck_assert_msg(!guest_reports_load(path, &reports, &why), "%s",
		      why.text);
	ck_assert_uint_eq(reports.nr, 1);
	ck_assert_uint_eq(reports.damaged, 2);
	guest_reports_free(&reports);
}
END_TEST

/* A file that is too large is refused, as its end would be lost. */
START_TEST(reports_that_are_too_long)
{
	struct guest_reports reports;
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fputs(REPORT_OF("5"), file);
	for (size_t i = 0; i < GUEST_REPORT_SIZE; i++)
		putc('\n', file);
	fclose(file);
	ck_assert_int_eq(guest_reports_load(path, &reports, &why), -E2BIG);
	ck_assert_ptr_nonnull(strstr(why.text, "longer than 16 MiB"));
	ck_assert_uint_eq(reports.nr, 0);
}
END_TEST

/* Each brace could begin a report that extends to the end of the text. */
START_TEST(text_made_to_take_time)
{
	struct guest_reports reports;
	size_t length = 0;
	char *text = malloc(GUEST_REPORT_SIZE);

	ck_assert_ptr_nonnull(text);
	while (length + 6 <= GUEST_REPORT_SIZE) {
		memcpy(text + length, _i ? "{{{{{{" : "{\"a\":[", 6);
		length += 6;
	}
	ck_assert_int_eq(guest_reports_text(text, length, "it", &reports, &why),
			 -EINVAL);
	ck_assert_ptr_nonnull(strstr(why.text, "it: no guest's report in it"));
	free(text);
}
END_TEST

/* A leaf that is not KVM's has no bit in balance.unanswered_leaves. */
START_TEST(leaf_of_others)
{
	static const uint32_t leaf[] = { 0, EXIT_LEAF_FIRST - 1,
					 EXIT_LEAF_LAST + 1, UINT32_MAX };
	json_t *json;

	fill();
	books.answers.answer[0].read.leaf = leaf[_i];
	json = tree_of(&books);
	ck_assert_int_eq(json_dump_file(json, path, 0), 0);
	json_decref(json);
	ck_assert_int_eq(books_load(path, &loaded, &why), -EINVAL);
	ck_assert_ptr_nonnull(strstr(why.text, "answer 0: leaf 0x"));
}
END_TEST

START_TEST(damaged_reports)
{
#define REPORT(reads)                                            \
	"{\"format\":\"exitledger-guest-report\",\"version\":1," \
	"\"program\":\"x\",\"reads\":" reads "}"
#define READ(eax)                               \
	"[{\"leaf\":1,\"index\":0,\"eax\":" eax \
	",\"ebx\":0,\"ecx\":0,\"edx\":0}]"
	static const char *const texts[] = {
		"",
		"no report here",
		REPORT("5"),
		REPORT("[5]"),
		REPORT(READ("-1")),
		REPORT(READ("4294967296")),
		REPORT(READ("\"7\"")),
		"{\"format\":\"exitledger-guest-report\",\"version\":1,\"rea",
	};
	struct guest_report report = { 0 };

	write_text(texts[_i]);
	ck_assert_int_lt(guest_report_load(path, &report, &why), 0);
	ck_assert_ptr_nonnull(strstr(why.text, path));
	ck_assert_ptr_null(report.read);
}
END_TEST

/* Findings and the table fit into 80 columns. */
START_TEST(table_fits)
{
	struct balance balance;
	char *text, *line;
	size_t size;
	FILE *out;

	fill();
	books.report.read[0].read.eax = 0xffffff;
	books.answers.answer[0].read.ebx = _i;
	books.answers.answer[0].exits_before =
		books.answers.answer[0].exits_after = ((uint64_t)_i << 32) + 7;
	books.report.read[0].read.ebx = _i;
	books.report.read[0].has_executed = !_i;
	ck_assert_int_eq(balance_books(&books, &balance), 0);
	out = open_memstream(&text, &size);
	ck_assert_int_eq(render_compare_text(&books, &balance, out, false), 0);
	fclose(out);
	ck_assert_ptr_nonnull(strstr(text, "DISCREPANCY"));
	ck_assert_int_eq(!!strstr(text, "EXECUTED"), !_i);
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		ck_assert_msg(strlen(line) <= 80 || strstr(line, "reason"),
			      "'%s'", line);
	free(text);
	balance_free(&balance);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("books");
	TCase *tcase = tcase_create("books");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, round_trip);
	tcase_add_loop_test(tcase, saved_with_a_result, 0, 3);
	tcase_add_test(tcase, damaged_members);
	tcase_add_loop_test(tcase, foreign_files, 0, 7);
	tcase_add_test(tcase, missing_file);
	tcase_add_test(tcase, report_with_noise);
	tcase_add_loop_test(tcase, report_with_braces, 0, 5);
	tcase_add_test(tcase, several_reports);
	tcase_add_test(tcase, reports_without_a_beginning);
	tcase_add_test(tcase, reports_that_are_too_long);
	tcase_add_loop_test(tcase, text_made_to_take_time, 0, 2);
	tcase_add_loop_test(tcase, leaf_of_others, 0, 4);
	tcase_add_loop_test(tcase, damaged_reports, 0, 8);
	tcase_add_loop_test(tcase, table_fits, 0, 2);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
