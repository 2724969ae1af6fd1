/* SPDX-License-Identifier: GPL-2.0-only */
/* Opens the database of a recorded run for writing. */
#ifndef EXITLEDGER_RUN_CONNECT_H
#define EXITLEDGER_RUN_CONNECT_H

#include <sqlite3.h>

#include "lib/msg.h"

/**
 * run_connect - open an existing run for writing
 * @db: to be closed with sqlite3_close(); NULL after a failure
 *
 * The database may be read-only if the run has ended.  Returns 0, or -errno
 * with @why; see run_schema_check().
 */
int run_connect(const char *path, sqlite3 **db, struct why *why);

/**
 * run_connect_new - open a new, empty file for writing
 *
 * Returns as run_connect() does; -EEXIST if the file exists.
 */
int run_connect_new(const char *path, sqlite3 **db, struct why *why);

#endif /* EXITLEDGER_RUN_CONNECT_H */
