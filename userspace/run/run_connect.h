/* SPDX-License-Identifier: GPL-2.0-only */
/* Open the database that a recorded run is. */
#ifndef EXITLEDGER_RUN_CONNECT_H
#define EXITLEDGER_RUN_CONNECT_H

#include <sqlite3.h>

#include "lib/msg.h"

/**
 * run_connect - open a run that there is, to write to it
 * @db: to be closed with sqlite3_close, or NULL after a failure
 *
 * 0, or -errno with @why; see run_schema_check().  Of one that has ended @db
 * may be read-only.
 */
int run_connect(const char *path, sqlite3 **db, struct why *why);

/**
 * run_connect_new - the same for a new, empty file
 *
 * -EEXIST if there is one already.
 */
int run_connect_new(const char *path, sqlite3 **db, struct why *why);

#endif /* EXITLEDGER_RUN_CONNECT_H */
