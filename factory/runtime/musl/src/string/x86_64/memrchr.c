/* memrchr for x86-64: memchr in the mirror.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "search.h"

/* i counts from the last byte backwards. */
static INLINE void *search(const unsigned char *s, unsigned char c, size_t n)
{
	const unsigned char *last = s + n - 1;
	size_t after = LINE - 1 - (uintptr_t)last % LINE;
	const unsigned char *line = last + after - (LINE - 1);
	uint64_t hits = equal_in_line(line, c) << after;
	size_t i = 0;

	if (!hits) {
		i = LINE - after;
		if (i >= n)
			return 0;
		line = find_line(line - LINE, c, n - i, -(ptrdiff_t)LINE, &hits);
		if (!line)
			return 0;
		i = last - line - (LINE - 1);
	}
	i += __builtin_clzll(hits);
	return i < n ? (void *)(last - i) : 0;
}

SSE2_FUNCTION static void *search_sse2(const void *s, int c, size_t n)
{
	return search(s, c, n);
}

AVX2_FUNCTION static void *search_avx2(const void *s, int c, size_t n)
{
	return search(s, c, n);
}

STRING_FUNCTION void *__memrchr(const void *s, int c, size_t n)
{
	if (!n)
		return 0;
	if (n >= 32 && __have_avx2)
		TAIL_CALL search_avx2(s, c, n);
	TAIL_CALL search_sse2(s, c, n);
}

weak_alias(__memrchr, memrchr);
