/* memrchr for aarch64: memchr in the mirror.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "vector.h"

/* The block or line to look at is the one before `end`. */
static INLINE void *search(const unsigned char *s, unsigned char c, size_t n)
{
	const unsigned char *last = s + n - 1;
	const unsigned char *end = last - (uintptr_t)last % BLOCK + BLOCK;
	uint64_t hits;

	if ((uintptr_t)last % 4096 >= BLOCK - 1)
		hits = equal_in_block(last + 1 - BLOCK, c);
	else
		hits = equal_in_block(end - BLOCK, c) << (end - 1 - last) * 4;
	if (hits) {
		last -= BLOCK - 1 - LAST(hits);
		return last >= s ? (void *)last : 0;
	}
	do {
		end -= BLOCK;
		if ((uintptr_t)end % LINE == 0)
			while (end > s && !line_has(end - LINE, c))
				end -= LINE;
		if (end <= s)
			return 0;
		hits = equal_in_block(end - BLOCK, c);
	} while (!hits);
	end -= BLOCK - LAST(hits);
	return end >= s ? (void *)end : 0;
}

STRING_FUNCTION void *__memrchr(const void *s, int c, size_t n)
{
	return n ? search(s, c, n) : 0;
}

weak_alias(__memrchr, memrchr);
