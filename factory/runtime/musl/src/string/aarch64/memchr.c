/* memchr for aarch64, a line of 64 bytes at a time.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "vector.h"

/* n may be more than there is to read: C11 (7.24.5.1) wants a search that stops at the match, and
 * strnlen relies on it. So no line is read after the one with the match, and s + n is not formed.
 * https://www.open-std.org/jtc1/sc22/wg14/www/docs/n1570.pdf */
static INLINE void *search(const unsigned char *s, unsigned char c, size_t n)
{
	const unsigned char *p = s - (uintptr_t)s % BLOCK;
	uint64_t hits = in_one_page(s, BLOCK) ? equal_in_block(s, c)
					      : equal_in_block(p, c) >> (s - p) * 4;

	if (hits)
		return FIRST(hits) < n ? (void *)(s + FIRST(hits)) : 0;
	do {
		p += BLOCK;
		if ((uintptr_t)p % LINE == 0)
			while ((size_t)(p - s) < n && !line_has(p, c))
				p += LINE;
		if ((size_t)(p - s) >= n)
			return 0;
		hits = equal_in_block(p, c);
	} while (!hits);
	p += FIRST(hits);
	return (size_t)(p - s) < n ? (void *)p : 0;
}

STRING_FUNCTION void *memchr(const void *s, int c, size_t n)
{
	return n ? search(s, c, n) : 0;
}
