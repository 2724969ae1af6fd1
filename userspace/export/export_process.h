/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_EXPORT_PROCESS_H
#define EXITLEDGER_EXPORT_PROCESS_H

#include "export/export_render.h"

/**
 * export_process_read - fill in the resources that this process uses
 *
 * Values that cannot be read stay unchanged; so does the process's start time.
 */
void export_process_read(struct export_process *process);

#endif /* EXITLEDGER_EXPORT_PROCESS_H */
