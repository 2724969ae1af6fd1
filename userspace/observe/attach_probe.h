/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_ATTACH_PROBE_H
#define EXITLEDGER_ATTACH_PROBE_H

#include "host/attach_probes.h"

/**
 * attach_probe - try which BPF programs can be loaded and attached
 *
 * Each program does nothing, and is detached at once.  This needs the same
 * rights as tracing: without privileges all of them fail with EPERM.
 */
void attach_probe(struct attach_probes *probes);

#endif /* EXITLEDGER_ATTACH_PROBE_H */
