/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes enums of the numbers of the exit reasons in the .def tables. */
#ifndef EXIT_REASON_CODES_H
#define EXIT_REASON_CODES_H

#define EXIT_REASON(code, name, ...) EXIT_VMX_##name = (code),
enum {
#include "vmx_exit_reasons.def"
};

#undef EXIT_REASON

#define EXIT_REASON(code, name, ...) EXIT_SVM_##name = (code),
enum {
#include "svm_exit_reasons.def"
};

#undef EXIT_REASON

#endif /* EXIT_REASON_CODES_H */
