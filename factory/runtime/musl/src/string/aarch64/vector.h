/* What the aarch64 memory and string functions share. NEON is part of every aarch64.
 * SPDX-License-Identifier: MIT */
#ifndef VECTOR_H
#define VECTOR_H

#include "../shared.h"

/* What one mask is made of: one register. Searches look at a block where a match is likely, or
 * known to be, and at whole lines on the way to it. */
#define BLOCK ((size_t)16)

typedef uint16_t pairs __attribute__((vector_size(16)));
typedef unsigned char nibbles __attribute__((vector_size(8)));

/* Four bits per byte of a v16 comparison, the first byte lowest. NEON has no pmovmskb, but shrn,
 * which shifts pairs of bytes by four bits and takes the lower byte of each: half of both.
 * https://stackoverflow.com/questions/74722950/convert-vector-compare-mask-into-bit-mask-in-aarch64-simd-or-arm-neon */
#define NIBBLES(comparison) \
	__builtin_bit_cast(uint64_t, __builtin_convertvector((pairs)(comparison) >> 4, nibbles))

/* The first and the last byte that such a mask has, which is not zero. */
#define FIRST(mask) ((size_t)__builtin_ctzll(mask) / 4)
#define LAST(mask) (BLOCK - 1 - (size_t)__builtin_clzll(mask) / 4)

static INLINE uint64_t equal_in_block(const unsigned char *block, unsigned char c)
{
	return NIBBLES(LOAD(v16, block) == c);
}

static INLINE int line_has(const unsigned char *line, unsigned char c)
{
	return NIBBLES((LOAD(v16, line) == c) | (LOAD(v16, line + 16) == c)
		     | (LOAD(v16, line + 32) == c) | (LOAD(v16, line + 48) == c)) != 0;
}

#endif
