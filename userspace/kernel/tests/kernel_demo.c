// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes a file exit_stats as a patched KVM writes it with kvm.exit_stats MODE,
 * for a VM of process 1 with two vCPUs.  Each vCPU has EXITS exits by CPUID of
 * 2 us, and a tenth as many by HLT of 500 us.  Not installed.
 *
 * usage: kernel_demo FILE MODE EXITS
 */
#include <stdio.h>
#include <stdlib.h>

#include "kernel/tests/made_file.h"

int main(int argc, char **argv)
{
	struct made_file made;
	unsigned char *bytes;
	uint64_t exits;
	size_t length;
	FILE *file;

	if (argc != 4) {
		fputs("usage: kernel_demo FILE MODE EXITS\n", stderr);
		return 64;
	}
	made_file_init(&made, 2, strtoul(argv[2], NULL, 10));
	exits = strtoull(argv[3], NULL, 10);
	for (uint32_t i = 0; i < 2; i++) {
		made.vcpu[i].vcpu.pid = 1;
		made_file_exits(&made, i, 0, exits, 4000);
		made_file_exits(&made, i, 3, exits / 10, 1000000);
	}
	bytes = made_file_pack(&made, &length);
	file = fopen(argv[1], "w");
	if (!file || fwrite(bytes, 1, length, file) != length || fclose(file)) {
		perror(argv[1]);
		return EXIT_FAILURE;
	}
	free(bytes);
	return EXIT_SUCCESS;
}
