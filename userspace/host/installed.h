/* SPDX-License-Identifier: GPL-2.0-only */
/* How exitledger is installed here: packages, the service, KVM's modules. */
#ifndef EXITLEDGER_INSTALLED_H
#define EXITLEDGER_INSTALLED_H

#include <stdbool.h>

#define INSTALLED_UNIT "exitledger-export.service"

struct installed {
	char packages[160]; /* Debian's of ours, with ", " between them */
	bool is_packaged; /* the running program is of the package exitledger */
	char program[160]; /* the running program's path, or "" */
	bool unit; /* INSTALLED_UNIT is installed */
	bool modules; /* modules with counters are, for the running kernel */
	bool dkms; /* the package exitledger-kvm-dkms is */
};

/**
 * installed_read - look for our packages, unit and modules
 * @root: a folder to be used in place of /; "" for / itself
 * @kernel: the release of the running kernel
 */
void installed_read(const char *root, const char *kernel,
		    struct installed *installed);

#endif /* EXITLEDGER_INSTALLED_H */
