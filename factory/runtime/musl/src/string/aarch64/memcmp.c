/* memcmp for aarch64, up to 64 bytes at a time.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "vector.h"
#include "../compare.h"

#define SAME(a, b) (LOAD(v16, a) == LOAD(v16, b))

/* The bytes that differ in the 16 at a and b. */
static INLINE uint64_t differences(const unsigned char *a, const unsigned char *b)
{
	return ~NIBBLES(SAME(a, b));
}

static INLINE int differ64(const unsigned char *a, const unsigned char *b)
{
	return ~NIBBLES(SAME(a, b) & SAME(a + 16, b + 16)
		      & SAME(a + 32, b + 32) & SAME(a + 48, b + 48)) != 0;
}

/* n >= 16. The last step compares some bytes again, known to be equal, rather than fewer. */
static INLINE int compare(const unsigned char *a, const unsigned char *b, size_t n)
{
	size_t i = 0;
	uint64_t bits = 0;

	while (n - i > 64 && !differ64(a + i, b + i))
		i += 64;
	for (; n - i > 16; i += 16) {
		bits = differences(a + i, b + i);
		if (bits)
			break;
	}
	if (!bits) {
		i = n - 16;
		bits = differences(a + i, b + i);
		if (!bits)
			return 0;
	}
	i += FIRST(bits);
	return a[i] - b[i];
}

STRING_FUNCTION int memcmp(const void *a, const void *b, size_t n)
{
	if (n >= 16)
		return compare(a, b, n);
	return compare_short(a, b, n);
}
