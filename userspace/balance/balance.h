/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Do the books balance?  The rules hold for correct counters without any
 * tolerance, so every broken rule is a fault of KVM or of the observer.
 *
 * Let K be the count that KVM answers when a guest reads it, and S0 and S1 the
 * observer's sums over the VM's vCPUs just before and just after that.  Then
 *
 *	S0 <= K <= S1 + m, m <= n - 1
 *
 * for a VM with n vCPUs, m of which were in the guest or had just left it.  KVM
 * counts an exit just before the observer does, so at any moment KVM is ahead
 * by 0 or 1 for each of these vCPUs.  The last exit of the reading vCPU is in
 * both books.  With one vCPU, or if all others are quiet, K = S0 = S1.
 *
 * If the observer began after the VM's first exit, KVM is ahead by the number
 * of earlier exits, which is constant.  Each read of a count gives an interval
 * for this number, and all of these intervals must have a number in common.
 * docs/soundness.md has the proof.
 */
#ifndef EXITLEDGER_BALANCE_H
#define EXITLEDGER_BALANCE_H

#include "balance/books.h"
#include "balance/finding.h"

/**
 * balance_books - compare all books, and draw the verdict
 * @balance: filled in; to be freed with balance_free()
 *
 * Returns 0 or -ENOMEM.
 */
int balance_books(const struct books *books, struct balance *balance);

/**
 * balance_reports - compare guests' reports with KVM's answers; 0 or -ENOMEM
 */
int balance_reports(const struct books *books, struct balance *balance);

/** balance_statistics - compare KVM's own statistics with BPF's counts */
void balance_statistics(const struct books *books, struct balance *balance);

/**
 * balance_hidden - find leaves that KVM did not answer although they are on
 *
 * Call this before @books->leaves_on changes: the unanswered reads up to now
 * are judged by its current value.
 */
void balance_hidden(const struct books *books, struct balance *balance);

/** balance_judge - draw the verdict from the findings and the counts */
void balance_judge(const struct books *books, struct balance *balance);

/** balance_vm_incomplete - has the observer lost events of this VM? */
bool balance_vm_incomplete(const struct ledger_vm *vm);

void balance_free(struct balance *balance);

#endif /* EXITLEDGER_BALANCE_H */
