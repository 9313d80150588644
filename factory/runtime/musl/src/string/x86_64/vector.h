/* What the x86-64 memory and string functions share.
 * SPDX-License-Identifier: MIT */
/*
 * A 32-byte vector works on every x86-64. Clang makes two SSE2 instructions of an operation on it,
 * or one AVX2 instruction inside a function with target("avx2"). So each algorithm is written
 * once, as an INLINE function, and instantiated twice.
 *
 * Vectors are local variables only, never parameters or results: how those are passed depends on
 * AVX, so clang refuses such calls between the two kinds of functions.
 */
#ifndef VECTOR_H
#define VECTOR_H

#include "../shared.h"
#include "../../internal/x86_64/processor.h"

#define SSE2_FUNCTION STRING_FUNCTION __attribute__((noinline))
#define AVX2_FUNCTION STRING_FUNCTION __attribute__((noinline, target("avx2")))

/* Where clang knows the result it would return that after a call, in a stack frame for the sake
 * of short lengths too; this jump needs none. */
#define TAIL_CALL __attribute__((musttail)) return

typedef _Bool b32 __attribute__((ext_vector_type(32)));

/* One bit per byte of a v32 comparison, the first byte lowest: pmovmskb. */
#define BITS(comparison) \
	__builtin_bit_cast(uint32_t, __builtin_convertvector((comparison), b32))

/* The bytes of a line that equal c, one bit each, the first byte lowest. */
static INLINE uint64_t equal_in_line(const unsigned char *line, unsigned char c)
{
	uint64_t high = BITS(LOAD(v32, line + 32) == c);
	return high << 32 | BITS(LOAD(v32, line) == c);
}

/* Whether that has any bit set. One pmovmskb makes the loops twice as fast as two do. */
static INLINE int line_has(const unsigned char *line, unsigned char c)
{
	return BITS((LOAD(v32, line) == c) | (LOAD(v32, line + 32) == c)) != 0;
}

#endif
