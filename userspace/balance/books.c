// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "balance/books.h"
#include "ledger/isa.h"
#include "lib/array.h"

int pids_add(struct pids *pids, uint32_t pid)
{
	uint32_t *added;

	if (pids_have(pids, pid))
		return 0;
	added = array_append(pids->pid, pids->nr, pids->room);
	if (!added)
		return -ENOMEM;
	*added = pid;
	return 0;
}

bool pids_have(const struct pids *pids, uint32_t pid)
{
	for (size_t i = 0; i < pids->nr; i++) {
		if (pids->pid[i] == pid)
			return true;
	}
	return false;
}

int books_add_report(struct books *books, struct guest_report *report)
{
	struct guest_report *grown;

	if (books->nr_earlier + 1 >= REPORTS_MAX ||
	    books->nr_reported + report->nr > ANSWERS_MAX) {
		books->answers.dropped += report->nr;
		guest_report_free(report);
		return 0;
	}
	if (books->has_report) {
		grown = reallocarray(books->earlier, books->nr_earlier + 1,
				     sizeof(*grown));
		if (!grown) {
			guest_report_free(report);
			return -ENOMEM;
		}
		books->earlier = grown;
		grown[books->nr_earlier++] = books->report;
	}
	books->report = *report;
	books->nr_reported += report->nr;
	books->has_report = true;
	return 0;
}

int books_add_reports(struct books *books, struct guest_reports *reports)
{
	int r = 0;

	for (size_t i = 0; i < reports->nr && !r; i++) {
		r = books_add_report(books, &reports->report[i]);
		/* The books own the report now, or it has been freed. */
		memset(&reports->report[i], 0, sizeof(reports->report[i]));
	}
	books->reports_damaged += reports->damaged;
	guest_reports_free(reports);
	return r;
}

void books_drop_reports(struct books *books)
{
	guest_report_free(&books->report);
	books->has_report = false;
	for (size_t i = 0; i < books->nr_earlier; i++)
		guest_report_free(&books->earlier[i]);
	free(books->earlier);
	books->earlier = NULL;
	books->nr_earlier = books->nr_reported = 0;
}

/*
 * Had the vCPU exits before the observer saw its first one?  Without our
 * patches, KVM's statistics may already have this first one.
 */
static bool had_exits(const struct books *books, const struct ledger_vcpu *vcpu)
{
	const struct isa *isa = isa_find(books->host.isa);
	const bool traced_late = books->numbering[0] && isa && isa->traced_late;

	return vcpu->prior_exits > traced_late;
}

bool books_vm_is_late(const struct books *books, uint64_t number)
{
	const struct ledger_vm *vm = ledger_find_vm(&books->ledger, number);

	for (size_t i = 0; vm && i < vm->nr_vcpus; i++) {
		if (had_exits(books, &vm->vcpu[i]))
			return true;
	}
	return !vm || pids_have(&books->running, vm->pid);
}

bool books_vm_is_withheld(const struct books *books, uint64_t number)
{
	const struct ledger_vm *vm = ledger_find_vm(&books->ledger, number);

	return vm ? pids_have(&books->withheld, vm->pid) :
		    books->withheld.nr > 0;
}

void books_forget_withheld(struct books *books)
{
	const struct ledger *ledger = &books->ledger;
	struct pids *pids = &books->withheld;
	size_t kept = 0;

	for (size_t i = 0; i < pids->nr; i++) {
		for (size_t j = 0; j < ledger->nr_vms; j++) {
			if (ledger->vm[j].pid != pids->pid[i])
				continue;
			pids->pid[kept++] = pids->pid[i];
			break;
		}
	}
	pids->nr = kept;
}

void books_free(struct books *books)
{
	ledger_free(&books->ledger);
	answers_free(&books->answers);
	books_drop_reports(books);
	free(books->statistics);
	free(books->running.pid);
	free(books->withheld.pid);
	memset(books, 0, sizeof(*books));
}
