/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers of chance, the same for the same seed. */
#ifndef EXITLEDGER_RUN_FUZZ_RANDOM_H
#define EXITLEDGER_RUN_FUZZ_RANDOM_H

#include <stdint.h>

void any_seed(uint64_t seed);

/** any - a number below another */
uint64_t any(uint64_t below);

/** damaged - another byte in the place of this one, as a rule */
uint8_t damaged(uint8_t byte);

#endif /* EXITLEDGER_RUN_FUZZ_RANDOM_H */
