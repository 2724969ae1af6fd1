// SPDX-License-Identifier: GPL-2.0-only
/* Symbols of a guest's kernel, and the names that they give to addresses. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger/key_names.h"
#include "ledger/keys.h"
#include "tests/tap.h"

static char path[] = "/tmp/test_symbols.XXXXXX";
static struct symbols symbols;
static struct why why;

static int load(const char *text, size_t length)
{
	FILE *file;
	int r;

	strcpy(path, "/tmp/test_symbols.XXXXXX");
	file = fdopen(mkstemp(path), "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(text, 1, length, file), length);
	fclose(file);
	why.text[0] = '\0';
	r = symbols_load(&symbols, path, &why);
	unlink(path);
	return r;
}

static void teardown(void)
{
	key_names_use(NULL);
	symbols_free(&symbols);
}

static const char file[] = "0000000000000000 A fixed_percpu_data\n"
			   "0000000000001000 A cpu_debug_store\n"
			   "ffffffff81000200 t early\n"
			   "ffffffff81000000 T _stext\n"
			   "ffffffff81000000 T _text\n"
			   "ffffffff81000100 t alias\n"
			   "ffffffff81000100 T native_write_msr\n"
			   "ffffffff81000300 T _etext\n"
			   "ffffffff81000400 D a_table\n"
			   "ffffffff81000500 W weak_one\n"
			   "ffffffffc0000000 t helper\t[one]\n"
			   "ffffffffc0000040 t second\t[one]\n"
			   "ffffffffc0009000 t third [two]";

static const struct {
	uint64_t address;
	const char *name; /* NULL: none */
	uint64_t offset;
} found[] = {
	{ 0, NULL, 0 },
	{ 0x7f0012345678, NULL, 0 },
	{ 0xffffffff80ffffff, NULL, 0 },
	{ 0xffffffff81000000, "_stext", 0 },
	{ 0xffffffff810000ff, "_stext", 0xff },
	{ 0xffffffff81000100, "native_write_msr", 0 },
	{ 0xffffffff81000104, "native_write_msr", 4 },
	{ 0xffffffff810001ff, "native_write_msr", 0xff },
	{ 0xffffffff81000200, "early", 0 },
	/* Data has no code. */
	{ 0xffffffff81000400, NULL, 0 },
	{ 0xffffffff810004ff, NULL, 0 },
	{ 0xffffffff81000500, "weak_one", 0 },
	/* Behind the last symbol of a module there may be anything. */
	{ 0xffffffff81001fff, "weak_one", 0x1aff },
	{ 0xffffffff81002000, NULL, 0 },
	{ 0xffffffffc0000041, "second", 1 },
	{ 0xffffffffc0001fff, "second", 0x1fbf },
	{ 0xffffffffc0002000, NULL, 0 },
	{ 0xffffffffc0009000, "third", 0 },
	{ 0xffffffffc000afff, "third", 0x1fff },
	{ 0xffffffffc000b000, NULL, 0 },
	{ UINT64_MAX, NULL, 0 },
};

START_TEST(addresses)
{
	uint64_t offset = 0;

	ck_assert_msg(!load(file, sizeof(file) - 1), "%s", why.text);
	ck_assert_pstr_eq(symbols_find(&symbols, found[_i].address, &offset),
			  found[_i].name);
	ck_assert_uint_eq(offset, found[_i].offset);
}
END_TEST

START_TEST(names)
{
	const uint64_t address = 0xffffffff81000104;

	ck_assert_str_eq(key_text(LEDGER_KEY_RIP, address).s,
			 "0xffffffff81000104");
	ck_assert_uint_eq(key_name(LEDGER_KEY_RIP, address).length, 0);
	ck_assert_int_eq(load(file, sizeof(file) - 1), 0);
	key_names_use(&symbols);
	ck_assert_str_eq(key_text(LEDGER_KEY_RIP, address).s,
			 "native_write_msr+0x4");
	ck_assert_str_eq(key_name_whole(LEDGER_KEY_RIP, address).s,
			 "native_write_msr+0x4");
	ck_assert_str_eq(key_function(LEDGER_KEY_RIP, address),
			 "native_write_msr");
	ck_assert_str_eq(key_text(LEDGER_KEY_RIP, 0x401000).s, "0x401000");
	ck_assert_ptr_null(key_function(LEDGER_KEY_RIP, 0x401000));
	/* Other keys are no addresses of code. */
	ck_assert_ptr_null(key_function(LEDGER_KEY_MMIO, address));
	ck_assert_str_eq(key_text(LEDGER_KEY_MMIO, address).s,
			 "at 0xffffffff81000104");
	ck_assert_str_eq(key_name_whole(LEDGER_KEY_PORT, 0x3f8).s, "COM1 data");
}
END_TEST

/* A name may be long, and whoever wrote the file may mean no good. */
START_TEST(strange_names)
{
	char text[700];
	const int length = snprintf(text, sizeof(text),
				    "ffffffff81000000 t \x1b[31mred\n"
				    "ffffffff81000010 t %0511d\n",
				    7);

	ck_assert_msg(!load(text, length), "%s", why.text);
	key_names_use(&symbols);
	ck_assert_str_eq(key_text(LEDGER_KEY_RIP, 0xffffffff81000001).s,
			 "?[31mred+0x1");
	ck_assert_uint_eq(
		strlen(key_name_whole(LEDGER_KEY_RIP, 0xffffffff81000010).s),
		511 + 4);
	ck_assert_str_eq(key_text(LEDGER_KEY_RIP, 0xffffffff81000010).s,
			 "00000000..00000007+0x0");
}
END_TEST

static const struct {
	const char *text, *why;
} bad[] = {
	{ "", "no function is in it" },
	{ "ffffffff81000000 D a_table\n", "no function is in it" },
	{ "0000000000000000 T _text\n0000000000000000 t x\n",
	  "all addresses are 0" },
	{ "ffffffff81000000 T _text\nwhatever\n", "line 2 is not as in" },
	{ "ffffffff81000000 T\n", "line 1 is not as in" },
	{ "ffffffff81000000 TT _text\n", "line 1 is not as in" },
	{ "fffffffff81000000 T _text\n", "line 1 is not as in" },
	{ "-1 T _text\n", "line 1 is not as in" },
	{ "0xz T _text\n", "line 1 is not as in" },
	{ "ffffffff81000000 T _text [m] more\n", "line 1 is not as in" },
	{ "\n", "line 1 is not as in" },
};

START_TEST(bad_files)
{
	ck_assert_int_eq(load(bad[_i].text, strlen(bad[_i].text)), -EINVAL);
	ck_assert_msg(strstr(why.text, bad[_i].why), "%s", why.text);
	ck_assert_ptr_null(symbols.symbol);
}
END_TEST

START_TEST(worse_files)
{
	static char long_line[5000];
	const char zeros[] = "ffffffff81000000 T _te\0xt\nwhatever";

	memset(long_line, 'a', sizeof(long_line));
	ck_assert_int_eq(load(long_line, sizeof(long_line)), -EINVAL);
	ck_assert_ptr_nonnull(strstr(why.text, "line 1 is not as in"));
	ck_assert_int_eq(load(zeros, sizeof(zeros) - 1), -EINVAL);
	ck_assert_int_eq(symbols_load(&symbols, "/no/such/file", &why),
			 -ENOENT);
	ck_assert_str_eq(why.text, "/no/such/file: No such file or directory");
	ck_assert_int_eq(symbols_load(&symbols, "/tmp", &why), -EISDIR);
	ck_assert_int_eq(symbols_load(&symbols, "/dev/zero", &why), -EINVAL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("symbols");
	TCase *tcase = tcase_create("symbols");

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_loop_test(tcase, addresses, 0,
			    sizeof(found) / sizeof(found[0]));
	tcase_add_test(tcase, names);
	tcase_add_test(tcase, strange_names);
	tcase_add_loop_test(tcase, bad_files, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tcase, worse_files);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
