/* SPDX-License-Identifier: GPL-2.0-only */
/* Looks up the kernel's modules in /sys/module. */
#ifndef EXITLEDGER_MODULE_H
#define EXITLEDGER_MODULE_H

#include <stdbool.h>

/**
 * module_is_there - is a module loaded, or a part of the kernel itself?
 * @root: a folder in place of /, "" for / itself
 */
bool module_is_there(const char *root, const char *module);

/** module_built_in - is this part of the kernel itself, not a loaded module? */
bool module_built_in(const char *root, const char *module);

#endif /* EXITLEDGER_MODULE_H */
