/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The instruction set architectures whose exits KVM traces.  All differences
 * between them are in one row per ISA, and all other files use this row.  To
 * add an ISA, write a file isa_NAME.c and add its name to isa_rows.def.
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
	/* The class of the exit's cause; all vendors have the same classes. */
	const char *class;
	const char *description;
};

/* A name, and another name for the same thing. */
struct isa_alias {
	const char *name; /* in isa_foreign: a pattern for fnmatch(3) */
	const char *to;
};

/* The names that an ISA has for another ISA's exit reasons. */
struct isa_foreign {
	uint32_t isa; /* EXIT_LEAF_ISA_* of the other ISA */
	const struct isa_alias *alias; /* the first match is used */
	size_t nr;
};

struct isa {
	uint32_t id; /* EXIT_LEAF_ISA_* */
	const char *name; /* in JSON and messages */
	const char *vendor; /* of its processors */
	const char *module; /* KVM's module for it */
	const char *cpu_flag; /* in /proc/cpuinfo */
	const char *cpu_name; /* the vendor's name for this feature */

	const struct exit_reason *reasons; /* all defined reasons, ascending */
	size_t nr_reasons;
	uint32_t sparse; /* reasons from this number on are far apart */
	struct exit_roles roles;

	/*
	 * The prefixes of reason names in headers and manuals; NULL ends the
	 * list.
	 */
	const char *const *prefixes;
	/* Reasons that have another name in KVM's trace events. */
	const struct isa_alias *traced;
	size_t nr_traced;
	const struct isa_foreign *foreign;
	size_t nr_foreign;

	/*
	 * True if the VMCB already has the exit information when kvm_exit is
	 * traced.
	 */
	bool info_at_exit;
	/*
	 * True if some kernels trace an exit only after KVM's statistics have
	 * counted it: before Linux 6.5, unless our patches move the tracepoint.
	 */
	bool traced_late;
	/*
	 * True if KVM emulates instructions while it cannot enter the guest.
	 * Its statistics count these, and failed entries, as exits.
	 */
	bool emulates;
};

/* All rows; NULL ends the list. */
extern const struct isa *const isa_table[];

/** isa_find - the row of an EXIT_LEAF_ISA_* number, or NULL */
const struct isa *isa_find(uint32_t id);

/** isa_find_name - the row with this name, or NULL */
const struct isa *isa_find_name(const char *name);

/**
 * isa_roles - get the reasons for HLT, CPUID and other roles
 *
 * All are EXIT_ROLE_NONE if @id is not a known ISA.
 */
const struct exit_roles *isa_roles(uint32_t id);

#endif /* EXITLEDGER_ISA_H */
