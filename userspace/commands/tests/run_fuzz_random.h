/* SPDX-License-Identifier: GPL-2.0-only */
/* Pseudorandom numbers: the same seed gives the same sequence. */
#ifndef EXITLEDGER_RUN_FUZZ_RANDOM_H
#define EXITLEDGER_RUN_FUZZ_RANDOM_H

#include <stdint.h>

void any_seed(uint64_t seed);

/** any - a random number below @below */
uint64_t any(uint64_t below);

/** damaged - a byte that mostly differs from @byte */
uint8_t damaged(uint8_t byte);

#endif /* EXITLEDGER_RUN_FUZZ_RANDOM_H */
