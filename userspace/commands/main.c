// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/completion.h"
#include "lib/cli.h"
#include "lib/safe_stream.h"
#include "lib/version.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *what;
} commands[] = {
	{ "monitor", cmd_monitor, "show the VM exits of this host's guests" },
	{ "record", cmd_record, "record the VM exits into a file" },
	{ "mark", cmd_mark, "name a moment in a run that is being recorded" },
	{ "snapshot", cmd_snapshot,
	  "copy a run as it is now, even while it is being recorded" },
	{ "replay", cmd_replay,
	  "show a recorded run as monitor would have shown it" },
	{ "report", cmd_report,
	  "say what a recorded run was like, or how two differ" },
	{ "advise", cmd_advise,
	  "say what a recorded run tells about a configuration" },
	{ "compare", cmd_compare,
	  "check KVM's exit counters against BPF's counts" },
	{ "bench", cmd_bench, "measure what counting VM exits costs" },
	{ "export", cmd_export,
	  "serve the VM exits as metrics, for Prometheus and others" },
	{ "doctor", cmd_doctor,
	  "say what this host offers, and what it lacks" },
	{ "completion", cmd_completion,
	  "print a script by which bash, zsh or fish complete commands" },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *out)
{
	fputs("Usage: exitledger COMMAND [OPTION...]\n"
	      "Show, record and verify the VM exits of a KVM host.\n\n",
	      out);
	for (size_t i = 0; i < NR_COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", commands[i].name,
			commands[i].what);
	fputs("\n'exitledger COMMAND --help' lists a command's options.\n",
	      out);
}

static int run_command(int argc, char **argv)
{
	for (size_t i = 0; i < NR_COMMANDS; i++) {
		if (!strcmp(argv[0], commands[i].name))
			return commands[i].run(argc, argv);
	}
	msg_error("there is no command '%s'; 'exitledger --help' lists them",
		  argv[0]);
	return STATUS_USAGE;
}

static void offer_commands(struct cli_offer *offer)
{
	for (size_t i = 0; i < NR_COMMANDS; i++)
		cli_offer_word(offer, commands[i].name, commands[i].what);
	cli_offer_word(offer, "--help", NULL);
	cli_offer_word(offer, "--version", NULL);
}

/* "--complete WORD...": the first word is the command's name. */
static int complete(int argc, char **argv)
{
	char *command = argv[0];

	if (argc < 3) {
		cli_offer_commands(argc == 2 ? argv[1] : "", offer_commands);
		return STATUS_OK;
	}
	argv[0] = argv[1];
	argv[1] = command;
	return run_command(argc, argv);
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
	if (cli_is_complete(name))
		return complete(argc - 1, argv + 1);
	return run_command(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	cli_begin();
	cli_values(completion_values);
	return cli_end(run(argc, argv), STATUS_FAILED);
}
