// SPDX-License-Identifier: GPL-2.0-only
/* Preferences of clients, by headers that are valid, odd or rubbish. */
#include <string.h>

#include "serve/serve_accept.h"
#include "tests/tap.h"

#define OPEN "application/openmetrics-text"

START_TEST(formats)
{
	static const struct {
		const char *accept;
		enum serve_format format;
	} row[] = {
		{ NULL, SERVE_PROMETHEUS },
		{ "", SERVE_PROMETHEUS },
		{ "*/*", SERVE_PROMETHEUS },
		{ "text/html,application/xhtml+xml,*/*;q=0.8",
		  SERVE_PROMETHEUS },
		/* Prometheus 2.42, 2.53 and 3.5, VictoriaMetrics' vmagent */
		{ OPEN
		  ";version=1.0.0," OPEN
		  ";version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		  SERVE_OPENMETRICS },
		{ "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6," OPEN
		  ";version=1.0.0;q=0.5," OPEN
		  ";version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
		  SERVE_OPENMETRICS },
		{ OPEN
		  ";version=1.0.0;escaping=allow-utf-8;q=0.6," OPEN
		  ";version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
		  SERVE_OPENMETRICS },
		{ "text/plain;version=0.0.4;q=1,*/*;q=0.1", SERVE_PROMETHEUS },
		/* Spaces, upper case and the order do not matter. */
		{ " text/plain ; q=0.1 ,\tApplication/OpenMetrics-Text ; VERSION=\"1.0.0\" ; Q=0.2 ",
		  SERVE_OPENMETRICS },
		{ "text/plain;q=0.3," OPEN ";q=0.2", SERVE_PROMETHEUS },
		{ "text/plain;q=0.3," OPEN ";q=0.3", SERVE_OPENMETRICS },
		{ OPEN ";q=0," OPEN ";q=0.1", SERVE_OPENMETRICS },
		/* Another version counts as another format. */
		{ OPEN ";version=0.0.1", SERVE_PROMETHEUS },
		{ OPEN ";version=2.0.0", SERVE_PROMETHEUS },
		{ "text/plain;version=1.0.0;q=0.9," OPEN ";q=0.1",
		  SERVE_OPENMETRICS },
		/* The format is not wanted, or its quality is no number. */
		{ OPEN ";q=0", SERVE_PROMETHEUS },
		{ OPEN ";q=0.000", SERVE_PROMETHEUS },
		{ OPEN ";q=0.001", SERVE_OPENMETRICS },
		{ OPEN ";q=1.000", SERVE_OPENMETRICS },
		{ OPEN ";q=1.001", SERVE_PROMETHEUS },
		{ OPEN ";q=2", SERVE_PROMETHEUS },
		{ OPEN ";q=-1", SERVE_PROMETHEUS },
		{ OPEN ";q=", SERVE_PROMETHEUS },
		{ OPEN ";q=0.5x", SERVE_PROMETHEUS },
		{ OPEN ";q=05", SERVE_PROMETHEUS },
		{ OPEN ";q=0.55555", SERVE_PROMETHEUS },
		/* A comma between quotes separates nothing. */
		{ "text/x;a=\"," OPEN ",\"", SERVE_PROMETHEUS },
		{ "text/x;a=\"\\\"," OPEN, SERVE_PROMETHEUS },
		{ ",,;;=,\"", SERVE_PROMETHEUS },
		{ "\\", SERVE_PROMETHEUS },
		{ OPEN "x," OPEN ";version=", SERVE_OPENMETRICS },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		ck_assert_msg(serve_accept_format(row[i].accept) ==
				      row[i].format,
			      "'%s'", row[i].accept);
}
END_TEST

START_TEST(encodings)
{
	static const char *const yes[] = {
		"gzip", "deflate, gzip;q=1.0, *;q=0.5", "GZIP", "x-gzip",
		"*",	"br;q=1.0, gzip;q=0.001",
	};
	static const char *const no[] = {
		"",	  "identity",	 "deflate", "gzip;q=0",
		"*;q=0",  "gzip;q=0, *", "gzipped", "br",
		"gzip=1", ";gzip",
	};

	ck_assert(!serve_accept_gzip(NULL));
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		ck_assert_msg(serve_accept_gzip(yes[i]), "%s", yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		ck_assert_msg(!serve_accept_gzip(no[i]), "%s", no[i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("serve_accept");
	TCase *tcase = tcase_create("accept");

	tcase_add_test(tcase, formats);
	tcase_add_test(tcase, encodings);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
