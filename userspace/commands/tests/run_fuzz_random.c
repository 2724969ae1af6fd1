// SPDX-License-Identifier: GPL-2.0-only
#include "run_fuzz_random.h"

/* The state of Marsaglia's xorshift64. */
static uint64_t state;

void any_seed(uint64_t seed)
{
	state = 0x9e3779b97f4a7c15ull * (seed + 1);
}

uint64_t any(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 8) % below;
}

uint8_t damaged(uint8_t byte)
{
	static const uint8_t edges[] = { 0, 1, 0x7f, 0x80, 0x81, 0xff };

	switch (any(4)) {
	case 0:
		return byte ^ 1u << any(8);
	case 1:
		return edges[any(sizeof(edges))];
	case 2:
		return byte + (any(2) ? 1 : -1);
	default:
		return any(256);
	}
}
