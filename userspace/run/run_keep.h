/* SPDX-License-Identifier: GPL-2.0-only */
/* The limits of a recorder that may run for ever: record --max-size. */
#ifndef EXITLEDGER_RUN_KEEP_H
#define EXITLEDGER_RUN_KEEP_H

#include "lib/quantity.h"

/*
 * The least --max-size: the tables of an empty run take 128 KiB, and the log
 * needs room for several intervals.
 */
#define RUN_MAX_SIZE_LEAST (4 * SIZE_MIB)

/* The part of --max-size that is left to the write-ahead log. */
#define RUN_LOG_PART 4

#endif /* EXITLEDGER_RUN_KEEP_H */
