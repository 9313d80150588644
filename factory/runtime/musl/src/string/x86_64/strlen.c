/* strlen for x86-64, a line of 64 bytes at a time.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "vector.h"

static INLINE size_t measure(const unsigned char *s)
{
	size_t before = (uintptr_t)s % LINE;
	const unsigned char *line = s - before;
	uint64_t ends = equal_in_line(line, 0) >> before;

	if (ends)
		return __builtin_ctzll(ends);
	do
		line += LINE;
	while (!line_has(line, 0));
	return line - s + __builtin_ctzll(equal_in_line(line, 0));
}

SSE2_FUNCTION static size_t measure_sse2(const char *s)
{
	return measure((const unsigned char *)s);
}

AVX2_FUNCTION static size_t measure_avx2(const char *s)
{
	return measure((const unsigned char *)s);
}

STRING_FUNCTION size_t strlen(const char *s)
{
	if (in_one_page(s, 32)) {
		uint32_t ends = BITS(LOAD(v32, s) == 0);
		if (ends)
			return __builtin_ctz(ends);
	}
	if (__have_avx2)
		TAIL_CALL measure_avx2(s);
	TAIL_CALL measure_sse2(s);
}
