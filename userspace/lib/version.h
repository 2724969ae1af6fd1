/* SPDX-License-Identifier: GPL-2.0-only */
/* The version that all programs print: VERSION in the makefile. */
#ifndef EXITLEDGER_LIB_VERSION_H
#define EXITLEDGER_LIB_VERSION_H

/* Tools that only analyse the sources do not define it. */
#ifndef EXITLEDGER_VERSION
#define EXITLEDGER_VERSION "unknown"
#endif

#endif /* EXITLEDGER_LIB_VERSION_H */
