/* memcmp for x86-64, up to 64 bytes at a time.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "vector.h"
#include "../compare.h"

typedef uint64_t v4u64 __attribute__((vector_size(32)));

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

/* XOR, and one test for all: with a mask for each of the vectors, half the speed on Intel. */
static INLINE int differ128(const unsigned char *a, const unsigned char *b)
{
	v32 bits = ((LOAD(v32, a) ^ LOAD(v32, b)) | (LOAD(v32, a + 32) ^ LOAD(v32, b + 32)))
		 | ((LOAD(v32, a + 64) ^ LOAD(v32, b + 64)) | (LOAD(v32, a + 96) ^ LOAD(v32, b + 96)));
	return __builtin_reduce_or((v4u64)bits) != 0;
}

/* n >= 32. The last step compares some bytes again, known to be equal, rather than fewer. */
static INLINE int compare(const unsigned char *a, const unsigned char *b, size_t n)
{
	size_t i = 0;
	uint32_t bits = 0;

	if (n > 256 && !differ64(a, b)) {
		i = 64 - (uintptr_t)a % 32;
		while (n - i > 128 && !differ128(a + i, b + i))
			i += 128;
	}
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
	if (n >= 32 && __have_avx2)
		TAIL_CALL compare_avx2(a, b, n);
	if (n >= 32)
		TAIL_CALL compare_sse2(a, b, n);
	return compare_short(a, b, n);
}
