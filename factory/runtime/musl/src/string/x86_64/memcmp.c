/* memcmp for x86-64, up to 64 bytes at a time.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "vector.h"

/* The bytes that differ in the 32 at a and b, one bit each. */
static INLINE uint32_t differences(const unsigned char *a, const unsigned char *b)
{
	return BITS(LOAD(v32, a) != LOAD(v32, b));
}

static INLINE int differ64(const unsigned char *a, const unsigned char *b)
{
	return BITS((LOAD(v32, a) != LOAD(v32, b))
		  | (LOAD(v32, a + 32) != LOAD(v32, b + 32))) != 0;
}

/* n >= 32. The last step compares some bytes again, known to be equal, rather than fewer. */
static INLINE int compare(const unsigned char *a, const unsigned char *b, size_t n)
{
	size_t i = 0;
	uint32_t bits = 0;

	while (n - i > 64 && !differ64(a + i, b + i))
		i += 64;
	for (; n - i > 32; i += 32) {
		bits = differences(a + i, b + i);
		if (bits)
			break;
	}
	if (!bits) {
		i = n - 32;
		bits = differences(a + i, b + i);
		if (!bits)
			return 0;
	}
	i += __builtin_ctz(bits);
	return a[i] - b[i];
}

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

SSE2_FUNCTION static int compare_sse2(const void *a, const void *b, size_t n)
{
	return compare(a, b, n);
}

AVX2_FUNCTION static int compare_avx2(const void *a, const void *b, size_t n)
{
	return compare(a, b, n);
}

STRING_FUNCTION int memcmp(const void *a, const void *b, size_t n)
{
	if (n >= 32 && __string_avx2)
		TAIL_CALL compare_avx2(a, b, n);
	if (n >= 32)
		TAIL_CALL compare_sse2(a, b, n);
	return compare_short(a, b, n);
}
