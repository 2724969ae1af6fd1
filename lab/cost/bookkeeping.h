/* SPDX-License-Identifier: GPL-2.0-only */
/* The numbers that bookkeeping.bpf.c and bookkeeping.c share. */
#ifndef EXITLEDGER_BOOKKEEPING_H
#define EXITLEDGER_BOOKKEEPING_H

#define BOOK_MOST 1024 /* vCPUs; a power of two */
#define BOOK_LAPS 1000000 /* exits in a run */

#endif /* EXITLEDGER_BOOKKEEPING_H */
