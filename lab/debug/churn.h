/* SPDX-License-Identifier: GPL-2.0-only */
/* VMs and vCPUs come and go, while others read their counters and switch modes.
 */
#ifndef LAB_DEBUG_CHURN_H
#define LAB_DEBUG_CHURN_H

/**
 * churn - make and end VMs for some time
 * @seconds: how long
 * @seed: of what is done by chance
 *
 * Prints what was done.  Returns 0, or -errno after a message.
 */
int churn(unsigned int seconds, unsigned long seed);

#endif /* LAB_DEBUG_CHURN_H */
