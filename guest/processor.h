/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds out which vendor's virtualization this processor has. */
#ifndef GUEST_PROCESSOR_H
#define GUEST_PROCESSOR_H

#include <cpuid.h>
#include <stdbool.h>

/** processor_is_amd - is it AMD's processor, or Hygon's, which has SVM, too? */
static inline bool processor_is_amd(void)
{
	unsigned int eax, ebx, ecx, edx;

	__cpuid(0, eax, ebx, ecx, edx);
	return ebx == signature_AMD_ebx || ebx == 0x6f677948 /* "Hygo" */;
}

#endif /* GUEST_PROCESSOR_H */
