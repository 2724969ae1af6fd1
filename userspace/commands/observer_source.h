/* SPDX-License-Identifier: GPL-2.0-only */
/* The observer as what monitor and record collect from. */
#ifndef EXITLEDGER_OBSERVER_SOURCE_H
#define EXITLEDGER_OBSERVER_SOURCE_H

#include "observe/observer.h"
#include "sample/monitor_loop.h"

/** observer_source - @observer must stay open as long as the source is used */
struct monitor_source observer_source(struct observer *observer);

#endif /* EXITLEDGER_OBSERVER_SOURCE_H */
