// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "commands/commands.h"
#include "lib/cli.h"
#include "lib/safe_stream.h"

#ifndef EXITLEDGER_VERSION
#define EXITLEDGER_VERSION "0.1"
#endif

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *what;
} commands[] = {
	{ "monitor", cmd_monitor, "show the VM exits of this host's guests" },
	{ "record", cmd_record, "record them into a file" },
	{ "mark", cmd_mark, "name a moment in a run that is being recorded" },
	{ "replay", cmd_replay, "show a recorded run as monitor would" },
	{ "report", cmd_report, "say what a recorded run was like" },
	{ "compare", cmd_compare, "hold KVM's exit counters against BPF's" },
	{ "bench", cmd_bench, "measure what counting VM exits costs" },
	{ "doctor", cmd_doctor,
	  "say what this host offers, and what it lacks" },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *out)
{
	fputs("Usage: exitledger COMMAND [OPTION...]\n"
	      "Every VM exit is booked twice, by KVM and by BPF, and the two books must balance.\n\n",
	      out);
	for (size_t i = 0; i < NR_COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", commands[i].name,
			commands[i].what);
	fputs("\n'exitledger COMMAND --help' tells a command's options.\n",
	      out);
}

static int run(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	safe_stderr(argv);
	if (!name) {
		usage(stderr);
		return STATUS_USAGE;
	}
	if (!strcmp(name, "--help") || !strcmp(name, "help")) {
		usage(stdout);
		return STATUS_OK;
	}
	if (!strcmp(name, "--version")) {
		puts("exitledger " EXITLEDGER_VERSION);
		return STATUS_OK;
	}
	for (size_t i = 0; i < NR_COMMANDS; i++) {
		if (!strcmp(name, commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	}
	msg_error("there is no command '%s'; 'exitledger --help' lists them",
		  name);
	return STATUS_USAGE;
}

int main(int argc, char **argv)
{
	cli_begin();
	return cli_end(run(argc, argv), STATUS_FAILED);
}
