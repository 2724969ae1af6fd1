/* SPDX-License-Identifier: GPL-2.0-only */
/* Which vendor's virtualization this processor has. */
#ifndef GUEST_PROCESSOR_H
#define GUEST_PROCESSOR_H

#include <cpuid.h>
#include <stdbool.h>

/** processor_is_amd - by CPUID leaf 0: AMD's, or Hygon's, which is one of them */
static inline bool processor_is_amd(void)
{
	unsigned int eax, ebx, ecx, edx;

	__cpuid(0, eax, ebx, ecx, edx);
	return ebx == signature_AMD_ebx || ebx == 0x6f677948 /* "Hygo" */;
}

#endif /* GUEST_PROCESSOR_H */
