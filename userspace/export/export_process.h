/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_EXPORT_PROCESS_H
#define EXITLEDGER_EXPORT_PROCESS_H

#include "export/export_render.h"

/**
 * export_process_read - fill in what this process uses, not when it was started
 *
 * What is not known stays as it is.
 */
void export_process_read(struct export_process *process);

#endif /* EXITLEDGER_EXPORT_PROCESS_H */
