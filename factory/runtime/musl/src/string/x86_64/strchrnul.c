/* strchrnul for x86-64, which strchr calls too: a line of 64 bytes at a time.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "vector.h"

/* Zero where a byte is 0 or c, and only there. */
#define LESSER(p, c) __builtin_elementwise_min(LOAD(v32, p), LOAD(v32, p) ^ (c))

static INLINE uint64_t hits_in_line(const unsigned char *line, unsigned char c)
{
	uint64_t high = BITS(LESSER(line + 32, c) == 0);
	return high << 32 | BITS(LESSER(line, c) == 0);
}

static INLINE int line_hits(const unsigned char *line, unsigned char c)
{
	return BITS(__builtin_elementwise_min(LESSER(line, c), LESSER(line + 32, c)) == 0) != 0;
}

static INLINE char *search(const unsigned char *s, unsigned char c)
{
	size_t before = (uintptr_t)s % LINE;
	const unsigned char *line = s - before;
	uint64_t hits = hits_in_line(line, c) >> before;

	if (hits)
		return (char *)s + __builtin_ctzll(hits);
	do
		line += LINE;
	while (!line_hits(line, c));
	return (char *)line + __builtin_ctzll(hits_in_line(line, c));
}

SSE2_FUNCTION static char *search_sse2(const char *s, int c)
{
	return search((const unsigned char *)s, c);
}

AVX2_FUNCTION static char *search_avx2(const char *s, int c)
{
	return search((const unsigned char *)s, c);
}

STRING_FUNCTION char *__strchrnul(const char *s, int c)
{
	if (in_one_page(s, 32)) {
		uint32_t hits = BITS(LESSER(s, (unsigned char)c) == 0);
		if (hits)
			return (char *)s + __builtin_ctz(hits);
	}
	if (__have_avx2)
		TAIL_CALL search_avx2(s, c);
	TAIL_CALL search_sse2(s, c);
}

weak_alias(__strchrnul, strchrnul);
