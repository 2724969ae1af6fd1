/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An observer as the exporter's source that also judges the books: the verdict
 * is exported as counters, and its evidence is printed as messages.
 */
#ifndef EXITLEDGER_EXPORT_PROOF_H
#define EXITLEDGER_EXPORT_PROOF_H

#include "export/export_render.h"
#include "host/host.h"
#include "observe/observer.h"
#include "sample/monitor_loop.h"

struct export_proof;

/** export_proof_has_answers - can KVM's answers be judged on this host? */
bool export_proof_has_answers(const struct host *host);

/**
 * export_proof_open - begin to judge; needs root and an attached observer
 * @proof: set; to be given to export_proof_close()
 * @answers: the observer captures KVM's answers and measures times
 * @book: receives KVM's own counts; must stay valid, and so must @observer
 *
 * Returns 0, or -errno with @why.
 */
int export_proof_open(struct export_proof **proof, struct observer *observer,
		      const struct host *host, bool answers,
		      struct export_book *book, struct why *why);

/** export_proof_source - the observer as a source; collecting also judges */
struct monitor_source export_proof_source(struct export_proof *proof);

/** export_proof_collected - update the verdict after the book was updated */
void export_proof_collected(void *proof);

/** export_proof_verdict - the counters, which stay valid until the close */
const struct export_verdict *
export_proof_verdict(const struct export_proof *proof);

/** export_proof_slots - the result of observer_slots() for the observer */
uint64_t export_proof_slots(void *proof, uint64_t *used);

/** export_proof_why - why a collection failed; "": none did */
const struct why *export_proof_why(const struct export_proof *proof);

/** export_proof_close - end judging, and free @proof, which may be NULL */
void export_proof_close(struct export_proof *proof);

#endif /* EXITLEDGER_EXPORT_PROOF_H */
