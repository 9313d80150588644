/* memset for x86-64.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "vector.h"

/* Here and below, stores from both ends overlap in the middle: fewer branches than exact ones. */
static INLINE void fill_short(unsigned char *d, unsigned char c, size_t n)
{
	uint64_t pattern = c * 0x0101010101010101u;

	if (n >= 16) {
		v16 x = (v16){0} + c;
		STORE(v16, d, x);
		STORE(v16, d + n - 16, x);
	} else if (n >= 8) {
		STORE(u64, d, pattern);
		STORE(u64, d + n - 8, pattern);
	} else if (n >= 4) {
		STORE(u32, d, pattern);
		STORE(u32, d + n - 4, pattern);
	} else if (n) {
		d[0] = d[n / 2] = d[n - 1] = c;
	}
}

/* n >= 32. No `rep stosb` for any n: slower than the loop below about 2 KiB, no faster above. */
static INLINE void *fill(unsigned char *d, unsigned char c, size_t n)
{
	v32 x = (v32){0} + c;
	size_t i = 32 - (uintptr_t)d % 32;

	STORE(v32, d, x);
	if (n > 64) {
		STORE(v32, d + 32, x);
		STORE(v32, d + n - 64, x);
	}
	STORE(v32, d + n - 32, x);
	if (n <= 128)
		return d;
#pragma clang loop unroll(disable)
	for (; n - i > 128; i += 128) {
		STORE(v32, d + i, x);
		STORE(v32, d + i + 32, x);
		STORE(v32, d + i + 64, x);
		STORE(v32, d + i + 96, x);
	}
	STORE(v32, d + n - 128, x);
	STORE(v32, d + n - 96, x);
	return d;
}

SSE2_FUNCTION static void *fill_sse2(void *d, int c, size_t n)
{
	return fill(d, c, n);
}

AVX2_FUNCTION static void *fill_avx2(void *d, int c, size_t n)
{
	return fill(d, c, n);
}

STRING_FUNCTION void *memset(void *d, int c, size_t n)
{
	if (n >= 32 && __have_avx2)
		TAIL_CALL fill_avx2(d, c, n);
	if (n >= 32)
		TAIL_CALL fill_sse2(d, c, n);
	fill_short(d, c, n);
	return d;
}
