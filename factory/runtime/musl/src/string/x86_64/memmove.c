/* memmove for x86-64, and memcpy, which is the same function.
 * SPDX-License-Identifier: MIT */
/* To treat memcpy apart would save one comparison, that of the direction. */
#include <string.h>
#include "vector.h"
#include "../move.h"

SSE2_FUNCTION static void *move_sse2(void *d, const void *s, size_t n)
{
	return move(d, s, n);
}

/* Whether neither is inside the other. */
static INLINE int apart(const void *d, const void *s, size_t n)
{
	uintptr_t ahead = (uintptr_t)d - (uintptr_t)s;

	return ahead >= n && -ahead >= n;
}

/* The processor's own copy, which need not read what it will overwrite; n >= 32. */
static INLINE void *move_rep(unsigned char *d, const unsigned char *s, size_t n)
{
	size_t i = 32 - (uintptr_t)d % 32;
	unsigned char *to = d + i;
	const unsigned char *from = s + i;

	STORE(v32, d, LOAD(v32, s));
	n -= i;
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
	return d;
}

AVX2_FUNCTION static void *move_avx2(void *d, const void *s, size_t n)
{
	if (n >= __rep_movsb_from && apart(d, s, n))
		return move_rep(d, s, n);
	return move(d, s, n);
}

STRING_FUNCTION void *memmove(void *d, const void *s, size_t n)
{
	if (n >= 32 && __have_avx2)
		TAIL_CALL move_avx2(d, s, n);
	if (n >= 32)
		TAIL_CALL move_sse2(d, s, n);
	move_short(d, s, n);
	return d;
}

weak_alias(memmove, memcpy);
