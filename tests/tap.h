/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs the suite of a unit test's main(), and prints TAP for prove. */
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
 * tap_needs_bpf - skip all of this program's tests if the user may load no BPF
 *
 * Then this ends the program by _exit(), so that no sanitizer looks for leaks:
 * a suite that was made but did not run cannot be freed.
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
 * tap_skip - report a test as skipped instead of running it
 * @name: of the test
 * @needs: the requirement, in the words of lab/checks/expected-skips.txt
 *
 * A program can call this only once.
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
 * Returns the exit status for main(): not 0 if a test failed, or if none ran.
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
