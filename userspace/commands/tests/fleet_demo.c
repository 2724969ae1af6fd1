// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records a run of a host with many VMs, each with one vCPU that has exits of
 * 15 reasons, as input for tests.  All times are made up.  Not installed.
 *
 * usage: fleet_demo RUN VMS [SECONDS]
 */
#include <stdlib.h>

#include "run/tests/made_up_run.h"
#include "tests/made_up.h"

static int happen(struct ledger *ledger, const void *vms, unsigned int nr,
		  uint64_t end_ns)
{
	(void)end_ns;
	made_up_host(ledger, *(const size_t *)vms, 1, nr);
	return 0;
}

int main(int argc, char **argv)
{
	struct run_info info = { .by = "" };
	size_t vms;

	if (argc < 3)
		return 64;
	vms = strtoul(argv[2], NULL, 10);
	return made_up_run(argv[1], &info,
			   argc > 3 ? strtoul(argv[3], NULL, 10) : 1, happen,
			   &vms);
}
