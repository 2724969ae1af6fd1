/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The instruction set architectures whose exits KVM traces.  Each is a row,
 * which has everything that differs between them.  A new one is a file
 * isa_NAME.c and its name in isa_rows.def; every other file asks the row.
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
	/* The class of its cause, which is the same for all vendors. */
	const char *class;
	const char *description;
};

/* A name, and the name that the same thing has elsewhere. */
struct isa_alias {
	const char *name; /* in isa_foreign: a pattern of fnmatch(3) */
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

	const struct exit_reason *reasons; /* all that are defined, ascending */
	size_t nr_reasons;
	uint32_t sparse; /* reasons from this number on are far apart */
	struct exit_roles roles;

	/* The prefixes of reasons' names in headers and manuals; ends with
	 * NULL. */
	const char *const *prefixes;
	/* The reasons that have another name in KVM's trace events. */
	const struct isa_alias *traced;
	size_t nr_traced;
	const struct isa_foreign *foreign;
	size_t nr_foreign;

	/*
	 * The VMCB already has the exit's information when kvm_exit is traced.
	 */
	bool info_at_exit;
	/*
	 * KVM emulates a guest whose state cannot be entered.  Its own
	 * statistics count that, and entries that fail, as exits.
	 */
	bool emulates;
};

/* All rows; NULL follows the last. */
extern const struct isa *const isa_table[];

/** isa_find - the row of an EXIT_LEAF_ISA_* number; NULL: there is none */
const struct isa *isa_find(uint32_t id);

/** isa_find_name - the row with this name; NULL: there is none */
const struct isa *isa_find_name(const char *name);

/**
 * isa_roles - which reasons are HLT, CPUID …
 *
 * All are EXIT_ROLE_NONE if @id is no ISA.
 */
const struct exit_roles *isa_roles(uint32_t id);

#endif /* EXITLEDGER_ISA_H */
