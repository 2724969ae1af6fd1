/* SPDX-License-Identifier: GPL-2.0-only */
/* Small files of /sys and /proc, as KVM's module parameters are. */
#ifndef LAB_DEBUG_PARAMS_H
#define LAB_DEBUG_PARAMS_H

#define PARAM_MODE "/sys/module/kvm/parameters/exit_stats"
#define PARAM_LEAVES "/sys/module/kvm/parameters/exit_stats_leaves"
#define PARAM_FAIL_NTH "/proc/thread-self/fail-nth"

/** param_write - write a text to a file; returns 0 or -errno */
int param_write(const char *path, const char *text);

/** param_write_number - write a number to a file; returns 0 or -errno */
int param_write_number(const char *path, unsigned long number);

/** param_read_number - read a number from a file; returns 0 or -errno */
int param_read_number(const char *path, unsigned long *number);

#endif /* LAB_DEBUG_PARAMS_H */
