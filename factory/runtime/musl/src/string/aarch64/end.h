/* The search of strlen and strchrnul for aarch64, a line of 64 bytes at a time.
 * SPDX-License-Identifier: MIT */
#include "vector.h"

/* Zero where a byte is 0 or c, and only there. Where c is known to be 0, clang leaves the byte. */
#define LESSER(p, c) __builtin_elementwise_min(LOAD(v16, p), LOAD(v16, p) ^ (c))

static INLINE uint64_t ends_in_block(const unsigned char *block, unsigned char c)
{
	return NIBBLES(LESSER(block, c) == 0);
}

static INLINE int line_ends(const unsigned char *line, unsigned char c)
{
	v16 low = __builtin_elementwise_min(LESSER(line, c), LESSER(line + 16, c));
	v16 high = __builtin_elementwise_min(LESSER(line + 32, c), LESSER(line + 48, c));
	return NIBBLES(__builtin_elementwise_min(low, high) == 0) != 0;
}

/* The first byte that is 0 or c. */
static INLINE const unsigned char *find_end(const unsigned char *s, unsigned char c)
{
	const unsigned char *p = s - (uintptr_t)s % BLOCK;
	uint64_t hits = in_one_page(s, BLOCK) ? ends_in_block(s, c)
					      : ends_in_block(p, c) >> (s - p) * 4;

	if (hits)
		return s + FIRST(hits);
	do {
		p += BLOCK;
		if ((uintptr_t)p % LINE == 0)
			while (!line_ends(p, c))
				p += LINE;
		hits = ends_in_block(p, c);
	} while (!hits);
	return p + FIRST(hits);
}
