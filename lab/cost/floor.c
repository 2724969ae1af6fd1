// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: floor tp_btf|raw_tp|tp exit|pair COMMAND [ARGUMENT...]
 *
 * Runs COMMAND while programs that do nothing are attached to kvm_exit, or to
 * the pair of kvm_exit and kvm_entry.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "floor.skel.h"

/* Attach the programs of one type: both, or only the one on kvm_exit. */
static int attach(struct floor_bpf *floor, const char *type, int pair)
{
	char exit_name[32], entry_name[32];
	struct bpf_program *program;

	snprintf(exit_name, sizeof(exit_name), "exit_%s", type);
	snprintf(entry_name, sizeof(entry_name), "entry_%s", type);
	bpf_object__for_each_program (program, floor->obj) {
		const char *name = bpf_program__name(program);

		bpf_program__set_autoload(
			program, !strcmp(name, exit_name) ||
					 (pair && !strcmp(name, entry_name)));
	}
	return floor_bpf__load(floor) || floor_bpf__attach(floor);
}

static int run(char **argv)
{
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		execvp(argv[0], argv);
		perror(argv[0]);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0) {
		perror("floor");
		return EXIT_FAILURE;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct floor_bpf *floor;
	int status;

	if (argc < 4 || (strcmp(argv[2], "exit") && strcmp(argv[2], "pair"))) {
		fprintf(stderr,
			"usage: floor tp_btf|raw_tp|tp exit|pair COMMAND [ARGUMENT...]\n");
		return 64;
	}
	floor = floor_bpf__open();
	if (!floor || attach(floor, argv[1], !strcmp(argv[2], "pair"))) {
		perror("floor: cannot attach");
		floor_bpf__destroy(floor);
		return EXIT_FAILURE;
	}
	status = run(argv + 3);
	floor_bpf__destroy(floor);
	return status;
}
