/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Do the books balance?  Judged by rules that hold for right counters without
 * any tolerance, so that every break of one is somebody's mistake.
 *
 * For one read of a count by a guest, with K what KVM answered, and S0 and S1
 * the observer's sums over the VM's vCPUs just before and after:
 *
 *	S0 <= K <= S1 + m, m <= n - 1
 *
 * for a VM of n vCPUs, of which m were in the guest or just coming from there.
 * KVM counts an exit just before the observer does, so at any moment KVM is
 *ahead by none or one for each of these; the reading vCPU's own last exit is in
 *both. With one vCPU, or where all others are quiet, it is K = S0 = S1.
 *
 * If the observer came after the VM's first exit, KVM is ahead by what was
 * before, which is the same number for ever: every read of that count says
 * between what it must be, and all of these intervals must have a number in
 * common.  docs/soundness.md has the argument.
 */
#ifndef EXITLEDGER_BALANCE_H
#define EXITLEDGER_BALANCE_H

#include "balance/books.h"
#include "balance/finding.h"

/**
 * balance_books - judge books
 * @balance: filled in; to be freed with balance_free
 *
 * Returns 0 or -ENOMEM.
 */
int balance_books(const struct books *books, struct balance *balance);

/**
 * balance_reports - compare the guest's reports with KVM's answers; 0, -ENOMEM
 */
int balance_reports(const struct books *books, struct balance *balance);

/** balance_statistics - compare KVM's own statistics with BPF's counts */
void balance_statistics(const struct books *books, struct balance *balance);

/**
 * balance_hidden - find leaves that KVM did not answer though it was told to
 *
 * To be called before @books->leaves_on changes: reads that were not answered
 * so far are judged by the value that it has had until now.
 */
void balance_hidden(const struct books *books, struct balance *balance);

/** balance_judge - draw the verdict from the findings and the counts */
void balance_judge(const struct books *books, struct balance *balance);

/** balance_vm_incomplete - has the observer lost something of this VM? */
bool balance_vm_incomplete(const struct ledger_vm *vm);

void balance_free(struct balance *balance);

#endif /* EXITLEDGER_BALANCE_H */
