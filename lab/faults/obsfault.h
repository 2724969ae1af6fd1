/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_OBSFAULT_H
#define EXITLEDGER_OBSFAULT_H

#define FAULT(id, name, what) FAULT_##id,
enum fault {
#include "observer_faults.def"
	NR_FAULTS,
};
#undef FAULT

#endif /* EXITLEDGER_OBSFAULT_H */
