/* SPDX-License-Identifier: GPL-2.0-only */
/* The version that all programs say: the makefile's VERSION. */
#ifndef EXITLEDGER_LIB_VERSION_H
#define EXITLEDGER_LIB_VERSION_H

/* Tools that only look at the sources do not say it. */
#ifndef EXITLEDGER_VERSION
#define EXITLEDGER_VERSION "unknown"
#endif

#endif /* EXITLEDGER_LIB_VERSION_H */
