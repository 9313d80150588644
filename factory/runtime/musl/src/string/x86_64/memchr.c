/* memchr for x86-64, one or two lines of 64 bytes at a time.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "search.h"

/* n may be more than there is to read: C11 (7.24.5.1) wants a search that stops at the match, and
 * strnlen relies on it. So no page is read after the one with the match, and s + n is not formed.
 * https://www.open-std.org/jtc1/sc22/wg14/www/docs/n1570.pdf */
static INLINE void *search(const unsigned char *s, unsigned char c, size_t n)
{
	size_t before = (uintptr_t)s % LINE;
	const unsigned char *line = s - before;
	uint64_t hits = equal_in_line(line, c) >> before;
	size_t i = 0;

	if (!hits) {
		i = LINE - before;
		if (i >= n)
			return 0;
		line = find_line(line + LINE, c, n - i, LINE, &hits);
		if (!line)
			return 0;
		i = line - s;
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
