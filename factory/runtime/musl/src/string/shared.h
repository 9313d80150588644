/* What the memory and string functions of all architectures share: no intrinsics header.
 * SPDX-License-Identifier: MIT */
/*
 * musl compiles itself with -nostdinc, and <emmintrin.h> and <arm_neon.h> are the compiler's.
 * Clang's vector extensions need no header, and a vector may be wider than a register: clang makes
 * several instructions of an operation on it.
 * https://clang.llvm.org/docs/LanguageExtensions.html#vectors-and-extended-vectors
 */
#ifndef SHARED_H
#define SHARED_H

#include <features.h>
#include <stddef.h>
#include <stdint.h>

/* no_builtin, lest clang makes a call of a loop that it knows, in memset one of memset itself;
 * musl's -ffreestanding says so too, but this is not to depend on flags. No stack protector,
 * because musl calls these before there is a canary. */
#define STRING_FUNCTION __attribute__((no_builtin, no_stack_protector))
#define INLINE inline STRING_FUNCTION __attribute__((always_inline))

#define UNALIGNED aligned(1), may_alias
typedef unsigned char v16 __attribute__((vector_size(16), UNALIGNED));
typedef unsigned char v32 __attribute__((vector_size(32), UNALIGNED));
typedef uint32_t u32 __attribute__((UNALIGNED));
typedef uint64_t u64 __attribute__((UNALIGNED));

#define LOAD(type, p) (*(const type *)(p))
#define STORE(type, p, x) ((void)(*(type *)(p) = (x)))

/* Searches read whole lines, aligned. No line crosses into another page, so a line that has one
 * readable byte is readable to its ends. */
#define LINE ((size_t)64)

/* Whether n bytes can be read at p because one can: the smallest pages have 4096 bytes. Most
 * strings are short, and one unaligned read finds their end at once. */
static INLINE int in_one_page(const void *p, size_t n)
{
	return (uintptr_t)p % 4096 <= 4096 - n;
}

#endif
