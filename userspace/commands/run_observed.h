/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_RUN_OBSERVED_H
#define EXITLEDGER_RUN_OBSERVED_H

#include "observe/observer.h"
#include "run/run_info.h"

/** run_observed - the options with which a run's recorder observed */
struct observer_options run_observed(const struct run_info *info);

/**
 * run_say_thrown - print to stderr which intervals are no longer in a run, if
 * there are any
 */
void run_say_thrown(const char *path, const struct run_info *info);

#endif /* EXITLEDGER_RUN_OBSERVED_H */
