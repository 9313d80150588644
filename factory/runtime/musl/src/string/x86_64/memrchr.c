/* memrchr for x86-64: memchr in the mirror.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "vector.h"

/* i counts from the last byte backwards. */
static INLINE void *search(const unsigned char *s, unsigned char c, size_t n)
{
	const unsigned char *last = s + n - 1;
	size_t after = LINE - 1 - (uintptr_t)last % LINE;
	size_t i = 0;
	uint64_t hits = equal_in_line(last + after - (LINE - 1), c) << after;

	if (!hits) {
		for (i = LINE - after; i < n && !line_has(last - i - (LINE - 1), c);)
			i += LINE;
		if (i >= n)
			return 0;
		hits = equal_in_line(last - i - (LINE - 1), c);
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
