/* memcmp of few bytes, for all architectures, which are little-endian.
 * SPDX-License-Identifier: MIT */
#include "shared.h"

/* Bytes read as a big-endian number order as the number does. */
static INLINE uint64_t big64(const unsigned char *p)
{
	return __builtin_bswap64(LOAD(u64, p));
}

static INLINE uint64_t big32(const unsigned char *p)
{
	return __builtin_bswap32(LOAD(u32, p));
}

static INLINE int order(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static INLINE int compare_short(const unsigned char *a, const unsigned char *b, size_t n)
{
	/* Less than eight bytes are eight without the rest. Whether they are three or four is no
	 * branch: where strings are sorted, the processor cannot know what comes next. */
	if (n - 1 < 7 && in_one_page(a, 8) && in_one_page(b, 8)) {
		size_t rest = 64 - 8 * n;
		return order(big64(a) >> rest, big64(b) >> rest);
	}
	if (n >= 8) {
		size_t i = 0;
		while (n - i > 8 && LOAD(u64, a + i) == LOAD(u64, b + i))
			i += 8;
		if (n - i < 8)
			i = n - 8;
		return order(big64(a + i), big64(b + i));
	}
	if (n >= 4)
		return order(big32(a) << 32 | big32(a + n - 4), big32(b) << 32 | big32(b + n - 4));
	if (n) /* one to three bytes: the first, the middle and the last are all of them */
		return (a[0] << 16 | a[n / 2] << 8 | a[n - 1])
		     - (b[0] << 16 | b[n / 2] << 8 | b[n - 1]);
	return 0;
}
