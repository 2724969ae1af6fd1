/* SPDX-License-Identifier: GPL-2.0-only */
/* A unit test's main(): TAP on standard output, for prove. */
#ifndef EXITLEDGER_TAP_H
#define EXITLEDGER_TAP_H

#include <check.h>
#include <stdlib.h>

/**
 * tap_run - run a suite
 *
 * Returns the exit status for main(): a failed test, or none at all, is one.
 */
static inline int tap_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed, run;

	/* Four seconds are too few for a machine that is busy. */
	setenv("CK_DEFAULT_TIMEOUT", "60", 0);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	run = srunner_ntests_run(runner);
	srunner_free(runner);
	return failed || !run ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif /* EXITLEDGER_TAP_H */
