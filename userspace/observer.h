/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The collector: attaches the BPF programs and turns what they have booked
 * into plain data.  Nothing outside of observer.c knows of BPF.
 */
#ifndef EXITLEDGER_OBSERVER_H
#define EXITLEDGER_OBSERVER_H

#include "answers.h"
#include "ledger.h"
#include "msg.h"

enum attach {
	ATTACH_AUTO,
	ATTACH_TP_BTF, /* BPF trampoline with typed arguments */
	ATTACH_RAW_TP, /* raw tracepoint */
};

struct observer;

/** attach_parse - "auto", "tp_btf" or "raw_tp"; -EINVAL for anything else */
int attach_parse(const char *name, enum attach *attach);

const char *attach_name(enum attach attach);

/**
 * observer_open - load the programs and attach them
 * @observer: where the new observer is put
 * @attach: how; ATTACH_AUTO: the first of the enum that works
 *
 * Counting starts when this returns.  0, or -errno with @why filled in.
 */
int observer_open(struct observer **observer, enum attach attach,
		  struct why *why);

/** observer_attach - how the programs were attached: not ATTACH_AUTO */
enum attach observer_attach(const struct observer *observer);

/**
 * observer_sees_ends - whether the end of a vCPU is noticed
 *
 * If not, a vCPU that gets a gone one's address is booked on that one.
 */
bool observer_sees_ends(const struct observer *observer);

/**
 * observer_collect - bring a ledger up to date
 * @ledger: zeroed at first, then always the same one: it keeps what gone vCPUs
 *	    had when their slots are given to others
 *
 * Makes no system call per vCPU.  0 or -ENOMEM.
 */
int observer_collect(struct observer *observer, struct ledger *ledger);

/**
 * observer_answers - append the answers captured since the last call
 *
 * 0 or -errno.
 */
int observer_answers(struct observer *observer, struct answers *answers);

/** observer_close - detach and free; @observer may be NULL */
void observer_close(struct observer *observer);

#endif /* EXITLEDGER_OBSERVER_H */
