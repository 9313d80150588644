/* memmove in vectors, short and long, for all architectures.
 * SPDX-License-Identifier: MIT */
/*
 * Short moves load everything before they store anything, long ones the ends, so overlap matters
 * to the direction of the loop only.
 */
#include "shared.h"

/* The first and the last bytes of n, which may overlap. */
#define MOVE_ENDS(type, d, s, n) do { \
	type head = LOAD(type, s), tail = LOAD(type, (s) + (n) - sizeof(type)); \
	STORE(type, d, head); \
	STORE(type, (d) + (n) - sizeof(type), tail); \
} while (0)

static INLINE void move_short(unsigned char *d, const unsigned char *s, size_t n)
{
	if (n >= 16) {
		MOVE_ENDS(v16, d, s, n);
	} else if (n >= 8) {
		MOVE_ENDS(u64, d, s, n);
	} else if (n >= 4) {
		MOVE_ENDS(u32, d, s, n);
	} else if (n) {
		unsigned char head = s[0], middle = s[n / 2], tail = s[n - 1];
		d[0] = head;
		d[n / 2] = middle;
		d[n - 1] = tail;
	}
}

/* The vectors v0 to v3, of 128 bytes. */
#define LOAD_BLOCK(s) \
	v0 = LOAD(v32, s), v1 = LOAD(v32, (s) + 32), \
	v2 = LOAD(v32, (s) + 64), v3 = LOAD(v32, (s) + 96)
#define STORE_BLOCK(d) \
	STORE(v32, d, v0), STORE(v32, (d) + 32, v1), \
	STORE(v32, (d) + 64, v2), STORE(v32, (d) + 96, v3)

static INLINE void move_block(unsigned char *d, const unsigned char *s)
{
	v32 LOAD_BLOCK(s);
	STORE_BLOCK(d);
}

/* n > 128, in both directions. The blocks are aligned at the destination. */
static INLINE void move_forward(unsigned char *d, const unsigned char *s, size_t n)
{
	size_t i = 32 - (uintptr_t)d % 32;
	v32 head = LOAD(v32, s);
	v32 LOAD_BLOCK(s + n - 128);

#pragma clang loop unroll(disable)
	for (; n - i > 128; i += 128)
		move_block(d + i, s + i);
	STORE(v32, d, head);
	STORE_BLOCK(d + n - 128);
}

static INLINE void move_backward(unsigned char *d, const unsigned char *s, size_t n)
{
	size_t i = n - (uintptr_t)(d + n) % 32;
	v32 tail = LOAD(v32, s + n - 32);
	v32 LOAD_BLOCK(s);

#pragma clang loop unroll(disable)
	for (; i > 128; i -= 128)
		move_block(d + i - 128, s + i - 128);
	STORE(v32, d + n - 32, tail);
	STORE_BLOCK(d);
}

/* n >= 32. Forward unless the destination starts inside the source: the difference is unsigned. */
static INLINE void *move(unsigned char *d, const unsigned char *s, size_t n)
{
	if (n <= 64) {
		MOVE_ENDS(v32, d, s, n);
	} else if (n <= 128) {
		v32 v0 = LOAD(v32, s), v1 = LOAD(v32, s + 32);
		v32 v2 = LOAD(v32, s + n - 64), v3 = LOAD(v32, s + n - 32);
		STORE(v32, d, v0);
		STORE(v32, d + 32, v1);
		STORE(v32, d + n - 64, v2);
		STORE(v32, d + n - 32, v3);
	} else if ((uintptr_t)d - (uintptr_t)s >= n) {
		move_forward(d, s, n);
	} else {
		move_backward(d, s, n);
	}
	return d;
}
