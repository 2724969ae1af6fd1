/* SPDX-License-Identifier: GPL-2.0-only */
/* The options of compare. */
#ifndef EXITLEDGER_COMPARE_OPTIONS_H
#define EXITLEDGER_COMPARE_OPTIONS_H

#include <stdbool.h>

#include "observe/observer.h"

/* Whose reads of KVM's counters are compared with BPF's counts. */
enum compare_readers {
	READERS_ALL, /* guests', and the host's where it can read */
	READERS_GUEST,
	READERS_HOST,
};

/** compare_readers_name - the name as in --reader; NULL if @readers has none */
const char *compare_readers_name(unsigned int readers);

struct compare_options {
	const char *report; /* file with guests' reports */
	const char *json;
	const char *replay;
	const char *input; /* the option that takes standard input, or NULL */
	/* The user whose rights are kept; NULL: see privileges.h. */
	const char *user;
	const char *vm; /* name or pid */
	/* Shell command that makes the guest read its counters. */
	const char *read;
	double read_timeout; /* seconds that it may take */
	/* File that describes other leaves than ours, or NULL. */
	const char *leaves;
	enum attach attach;
	bool has_attach; /* true if --attach was given */
	double seconds; /* --for; 0: not given */
	double interval; /* between reads, and between --watch's lines */
	bool watch;
	enum compare_readers readers;
	bool has_readers; /* true if --reader was given */
	char **argv; /* the command to run, or NULL */
};

/**
 * compare_options_parse - parse the command line; exits if the usage is wrong
 */
void compare_options_parse(int argc, char **argv,
			   struct compare_options *options);

#endif /* EXITLEDGER_COMPARE_OPTIONS_H */
