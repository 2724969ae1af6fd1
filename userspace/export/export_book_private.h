/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the book that its files share. */
#ifndef EXITLEDGER_EXPORT_BOOK_PRIVATE_H
#define EXITLEDGER_EXPORT_BOOK_PRIVATE_H

#include "export/export_book.h"

/** export_book_began - the start time of a series that is created now */
uint64_t export_book_began(const struct export_book *book);

/** export_book_reason - find or insert a reason; NULL: out of memory */
struct export_reason *export_book_reason(struct export_book *book, uint32_t isa,
					 uint32_t code);

/** export_reason_compare - compare by ISA, then code; returns as strcmp() */
int export_reason_compare(const struct export_reason *a,
			  const struct export_reason *b);

/** export_book_has_reason, export_book_has_vcpu - does the filter pass it? */
bool export_book_has_reason(const struct export_book *book, uint32_t code);
bool export_book_has_vcpu(const struct export_book *book, uint32_t id);

/** export_book_cell - find or insert a cell; NULL: out of memory */
struct export_cell *export_book_cell(const struct export_book *book,
				     struct export_vm *vm, uint32_t vcpu,
				     struct export_reason *reason);

/** export_book_entry - the entry of a VM's number; NULL: there is none */
struct export_entry *export_book_entry(const struct export_book *book,
				       uint64_t number);

/**
 * export_book_enter - find a VM's entry, or create it and choose its name
 *
 * NULL: out of memory.
 */
struct export_entry *export_book_enter(struct export_book *book,
				       const struct ledger_vm *vm);

/** export_book_end - note that a VM has ended */
void export_book_end(struct export_entry *entry, uint64_t now_ns);

/** export_book_add_keys - add the keys of a VM's vCPUs; 0 or -ENOMEM */
int export_book_add_keys(struct export_book *book, struct export_vm *vm,
			 const struct ledger_vm *from);

/** export_vm_free - free a VM's series */
void export_vm_free(struct export_vm *vm);

#endif /* EXITLEDGER_EXPORT_BOOK_PRIVATE_H */
