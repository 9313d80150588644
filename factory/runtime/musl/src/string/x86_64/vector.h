/* What the x86-64 memory and string functions share: vectors without an intrinsics header.
 * SPDX-License-Identifier: MIT */
/*
 * musl compiles itself with -nostdinc, and <emmintrin.h> is the compiler's. Clang's vector
 * extensions need no header, and they give us one thing more: a 32-byte vector works on every
 * x86-64. Clang makes two SSE2 instructions of an operation on it, or one AVX2 instruction inside
 * a function with target("avx2"). So each algorithm is written once, as an INLINE function, and
 * instantiated twice.
 * https://clang.llvm.org/docs/LanguageExtensions.html#vectors-and-extended-vectors
 *
 * Vectors are local variables only, never parameters or results: how those are passed depends on
 * AVX, so clang refuses such calls between the two kinds of functions.
 */
#ifndef VECTOR_H
#define VECTOR_H

#include <features.h>
#include <stddef.h>
#include <stdint.h>

/* no_builtin, lest clang makes a call of a loop that it knows, in memset one of memset itself;
 * musl's -ffreestanding says so too, but this is not to depend on flags. No stack protector,
 * because musl calls these before there is a canary. */
#define STRING_FUNCTION __attribute__((no_builtin, no_stack_protector))
#define SSE2_FUNCTION STRING_FUNCTION __attribute__((noinline))
#define AVX2_FUNCTION STRING_FUNCTION __attribute__((noinline, target("avx2")))
#define INLINE inline STRING_FUNCTION __attribute__((always_inline))

/* Where clang knows the result it would return that after a call, in a stack frame for the sake
 * of short lengths too; this jump needs none. */
#define TAIL_CALL __attribute__((musttail)) return

/* Zero means SSE2. That is also right for the calls before the constructor in vector.c and, in a
 * static PIE, before relocation: a hidden variable is addressed relative to the code. */
extern hidden int __string_avx2;

#define UNALIGNED aligned(1), may_alias
typedef unsigned char v16 __attribute__((vector_size(16), UNALIGNED));
typedef unsigned char v32 __attribute__((vector_size(32), UNALIGNED));
typedef _Bool b32 __attribute__((ext_vector_type(32)));
typedef uint32_t u32 __attribute__((UNALIGNED));
typedef uint64_t u64 __attribute__((UNALIGNED));

#define LOAD(type, p) (*(const type *)(p))
#define STORE(type, p, x) ((void)(*(type *)(p) = (x)))

/* One bit per byte of a v32 comparison, the first byte lowest: pmovmskb. */
#define BITS(comparison) \
	__builtin_bit_cast(uint32_t, __builtin_convertvector((comparison), b32))

/* Searches read whole lines, aligned. No line crosses into another page, so a line that has one
 * readable byte is readable to its ends. */
#define LINE ((size_t)64)

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

/* Whether 32 bytes can be read at p because one can. Most strings are that short, and one
 * unaligned read finds their end faster than a line does. */
static INLINE int in_one_page(const void *p)
{
	return (uintptr_t)p % 4096 <= 4096 - 32;
}

#endif
