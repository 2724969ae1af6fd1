/* SPDX-License-Identifier: GPL-2.0-only */
/* Lets the allocations of KVM fail, one at a time. */
#ifndef LAB_DEBUG_FAILING_H
#define LAB_DEBUG_FAILING_H

/**
 * failing - have the Nth allocation of each step of a VM's life fail
 * @most: so many values of N per step, evenly spread; 0: all of them
 * @seed: the first N of those that are spread
 *
 * Each step must return an error or succeed, and must succeed when it is tried
 * again; the VM's book must then be right, or say what is missing.  Prints a
 * row per step.  Returns 0, or -errno after a message.
 */
int failing(unsigned long most, unsigned long seed);

#endif /* LAB_DEBUG_FAILING_H */
