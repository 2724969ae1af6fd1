/* SPDX-License-Identifier: GPL-2.0-only */
/* A unit test's main(): TAP on standard output, for prove. */
#ifndef EXITLEDGER_TAP_H
#define EXITLEDGER_TAP_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * Check's default of four seconds is too short on a busy machine.  This runs
 * before main(), because tcase_create() reads the variable.
 */
__attribute__((constructor)) static inline void tap_be_patient(void)
{
	setenv("CK_DEFAULT_TIMEOUT", "60", 0);
}

/**
 * tap_needs_bpf - skip all of this program's tests for whoever may load no BPF
 *
 * Does not return to an ordinary user.  A suite that was made and is not run
 * cannot be freed, so nothing is to look for what was not.
 */
static inline void tap_needs_bpf(void)
{
	if (!geteuid())
		return;
	puts("1..0 # SKIP root: BPF programs cannot be loaded");
	fflush(stdout);
	_exit(EXIT_SUCCESS);
}

static inline void tap_do_nothing(int index)
{
	(void)index;
}

/**
 * tap_skip - report a test as skipped, in place of running it
 * @name: of the test
 * @needs: what it would need, as lab/checks/expected-skips.txt has it
 *
 * For one test of a program, once.
 */
static inline void tap_skip(TCase *tcase, const char *name, const char *needs)
{
	static char text[256];
	static TTest test = { text, tap_do_nothing, __FILE__, __LINE__ };

	snprintf(text, sizeof(text), "%s # SKIP %s", name, needs);
	tcase_add_test(tcase, &test);
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
