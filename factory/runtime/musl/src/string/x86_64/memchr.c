/* memchr for x86-64, a line of 64 bytes at a time.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "vector.h"

/* n may be more than there is to read: C11 (7.24.5.1) wants a search that stops at the match, and
 * strnlen relies on it. So no line is read after the one with the match, and s + n is not formed.
 * https://www.open-std.org/jtc1/sc22/wg14/www/docs/n1570.pdf */
static INLINE void *search(const unsigned char *s, unsigned char c, size_t n)
{
	size_t before = (uintptr_t)s % LINE;
	size_t i = 0;
	uint64_t hits = equal_in_line(s - before, c) >> before;

	if (!hits) {
		for (i = LINE - before; i < n && !line_has(s + i, c);)
			i += LINE;
		if (i >= n)
			return 0;
		hits = equal_in_line(s + i, c);
	}
	i += __builtin_ctzll(hits);
	return i < n ? (void *)(s + i) : 0;
}

SSE2_FUNCTION static void *search_sse2(const void *s, int c, size_t n)
{
	return search(s, c, n);
}

AVX2_FUNCTION static void *search_avx2(const void *s, int c, size_t n)
{
	return search(s, c, n);
}

STRING_FUNCTION void *memchr(const void *s, int c, size_t n)
{
	if (!n)
		return 0;
	if (n >= 32 && __have_avx2)
		TAIL_CALL search_avx2(s, c, n);
	TAIL_CALL search_sse2(s, c, n);
}
