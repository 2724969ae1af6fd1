/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Other numberings of the exit-counter leaves.  exit_leaves.h is ours; counters
 * that others have added to KVM answer other leaves, or other registers.  A
 * file describes such a numbering: exitledger-leaves(5).  What guests read is
 * translated into our numbering, so that everything else knows only one.
 */
#ifndef EXITLEDGER_NUMBERING_H
#define EXITLEDGER_NUMBERING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/msg.h"

enum numbering_register {
	NUMBERING_EAX,
	NUMBERING_EBX,
	NUMBERING_ECX,
	NUMBERING_EDX,
	NUMBERING_REGISTERS,
	NUMBERING_NONE = NUMBERING_REGISTERS,
};

/* The registers of an answer that tell no number. */
enum numbering_others {
	NUMBERING_ANY, /* their contents are not defined */
	NUMBERING_ZERO, /* they must be zero */
	NUMBERING_GAPS, /* they must be zero, but EDX may have EXIT_LEAF_GAPS */
};

struct numbering_leaf {
	uint32_t number; /* the value of EAX */
	uint32_t tells; /* our leaf that tells the same */
	/* The halves of the number; without @high, the number has 32 bits. */
	enum numbering_register low, high;
	enum numbering_others others;
};

/* The largest number of leaves, and the largest distance between two. */
#define NUMBERING_LEAVES 8
#define NUMBERING_SPAN 32

#define NUMBERING_NAME 48

struct numbering {
	char name[NUMBERING_NAME];
	struct numbering_leaf leaf[NUMBERING_LEAVES];
	size_t nr;
	uint32_t first, last; /* the lowest and the highest number of a leaf */
	/* The answer for a reason that the vendor's manual does not define. */
	uint32_t undefined[NUMBERING_REGISTERS];
	/* The answer for a reason that KVM does not handle. */
	uint32_t unhandled[NUMBERING_REGISTERS];
};

/**
 * numbering_load - read the file that describes a numbering
 * @path: "-" for standard input
 *
 * Returns 0, or -errno with @why, which names the line.
 */
int numbering_load(const char *path, struct numbering *numbering,
		   struct why *why);

/** numbering_find - the leaf with this number, or NULL */
const struct numbering_leaf *numbering_find(const struct numbering *numbering,
					    uint32_t number);

/** numbering_tells - the leaf that tells what our leaf tells, or NULL */
const struct numbering_leaf *numbering_tells(const struct numbering *numbering,
					     uint32_t leaf);

/** numbering_by_reason - bit n: the leaf @first + n is about one reason */
uint32_t numbering_by_reason(const struct numbering *numbering);

/**
 * numbering_translate - say in our numbering what a guest has read
 * @leaf: the leaf's number; set to ours
 * @registers: as the guest got them; set to what our leaf would answer
 *
 * If a register that must be zero is not, one of ours that must be zero is not,
 * either: the register of the same name, if possible.  Returns false if the
 * numbering does not have the leaf.
 */
bool numbering_translate(const struct numbering *numbering, uint32_t *leaf,
			 uint32_t registers[NUMBERING_REGISTERS]);

/**
 * numbering_holds - does the leaf have room for this number?
 *
 * A leaf without a high half cannot tell 2^32 exits: its answers then say
 * nothing about the counter.
 */
bool numbering_holds(const struct numbering *numbering, uint32_t number,
		     uint64_t value);

#endif /* EXITLEDGER_NUMBERING_H */
