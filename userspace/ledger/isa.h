/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The instruction set architectures whose exits KVM tells: a row each, which
 * has all that tells one from another.  A new one is a file isa_NAME.c and its
 * name in isa_rows.def; every other file asks the row.
 */
#ifndef EXITLEDGER_ISA_H
#define EXITLEDGER_ISA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "exit_roles.h"

struct exit_reason {
	uint32_t code; /* VMX: basic exit reason; SVM: exit code */
	const char *name;
	const char *class; /* of causes, the same for all vendors */
	const char *description;
};

/* A name, and what it is called elsewhere. */
struct isa_alias {
	const char *name; /* a pattern of fnmatch(3), where that is said */
	const char *to;
};

/* The names that an ISA has for the exit reasons of another one. */
struct isa_foreign {
	uint32_t isa; /* the other one */
	const struct isa_alias *alias; /* the first whose pattern matches */
	size_t nr;
};

struct isa {
	uint32_t id; /* EXIT_LEAF_ISA_* */
	const char *name; /* in JSON and messages */
	const char *vendor; /* of its processors */
	const char *module; /* KVM's part for it */
	const char *cpu_flag; /* in /proc/cpuinfo */
	const char *cpu_name; /* what its vendor calls that */

	const struct exit_reason *reasons; /* all defined, ascending */
	size_t nr_reasons;
	uint32_t sparse; /* from here on, reasons are far apart */
	struct exit_roles roles;

	/* The prefixes of reasons' names in headers and manuals; ends with
	 * NULL. */
	const char *const *prefixes;
	/* The reasons that have another name in KVM's trace events. */
	const struct isa_alias *traced;
	size_t nr_traced;
	const struct isa_foreign *foreign;
	size_t nr_foreign;

	/* The exit's information is in memory when kvm_exit is traced. */
	bool info_at_exit;
	/*
	 * Where the guest's state cannot be entered KVM emulates it; its own
	 * statistics count that, and entries that fail, as exits.
	 */
	bool emulates;
};

/* All rows; NULL is behind the last. */
extern const struct isa *const isa_table[];

/** isa_find - the row of EXIT_LEAF_ISA_*; NULL: there is none */
const struct isa *isa_find(uint32_t id);

/** isa_find_name - the row of isa.name; NULL: there is none */
const struct isa *isa_find_name(const char *name);

/**
 * isa_roles - which reasons are HLT, CPUID …
 *
 * For what is no ISA all are EXIT_ROLE_NONE.
 */
const struct exit_roles *isa_roles(uint32_t id);

#endif /* EXITLEDGER_ISA_H */
