/* SPDX-License-Identifier: GPL-2.0-only */
/* A unit test's main(): TAP on standard output, for prove. */
#ifndef EXITLEDGER_TAP_H
#define EXITLEDGER_TAP_H

#include <check.h>
#include <stdlib.h>

/*
 * Four seconds are too few for a machine that is busy.  Before main(), as
 * tcase_create() takes what there is.
 */
__attribute__((constructor)) static inline void tap_be_patient(void)
{
	setenv("CK_DEFAULT_TIMEOUT", "60", 0);
}

/**
 * tap_run - run a suite
 *
 * Returns the exit status for main(): a failed test, or none at all, is one.
 */
static inline int tap_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed, run;

	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	run = srunner_ntests_run(runner);
	srunner_free(runner);
	return failed || !run ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif /* EXITLEDGER_TAP_H */
