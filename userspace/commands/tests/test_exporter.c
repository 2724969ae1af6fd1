// SPDX-License-Identifier: GPL-2.0-only
/* The exporter's text file: its content, and when it is written. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands/exporter.h"
#include "exit_leaves.h"
#include "ledger/reasons.h"
#include "tests/made_up.h"
#include "tests/tap.h"

/* A host on which exits happen between two collections. */
static struct {
	uint64_t pending;
	int looks; /* calls of is_over() */
} host;

static int collect(void *context, struct ledger *interval, struct ledger *total)
{
	(void)context;
	(void)total;
	if (host.pending)
		made_up_exits(interval, 1, 0, EXIT_SVM_CPUID, host.pending);
	host.pending = 0;
	return 0;
}

static bool has_news(void *context)
{
	(void)context;
	return false;
}

/* Five exits happen after each call. */
static bool is_over(void *context)
{
	(void)context;
	host.pending += 5;
	return ++host.looks > 2;
}

/* The last file has all exits, however soon after the first it is written. */
START_TEST(the_last_file)
{
	char dir[] = "/tmp/exporter-XXXXXX", path[64], text[256] = "";
	struct exporter exporter = {
		.source = { NULL, collect, NULL, has_news },
		.is_over = is_over,
		.textfile = path,
		.interval = 3600,
		.book.options.max_vms = 10,
		.build = { "0.1", "6.1", "bpf", "svm", "tp_btf" },
	};
	struct why why = { "" };
	unsigned long exits = 0;
	FILE *file;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/kvm.prom", dir);
	ck_assert_msg(!exporter_run(&exporter, &why), "%s", why.text);
	ck_assert_uint_eq(host.pending, 0);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	while (!exits && fgets(text, sizeof(text), file))
		sscanf(text, "exitledger_exits_total{%*[^}]} %lu", &exits);
	fclose(file);
	ck_assert_uint_eq(exits, 5 * host.looks);
	unlink(path);
	rmdir(dir);
	exporter_free(&exporter);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("exporter");
	TCase *tcase = tcase_create("textfile");

	tcase_add_test(tcase, the_last_file);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
