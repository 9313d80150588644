/* memmove for aarch64. musl has an assembler memcpy, which does not look for overlap.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "vector.h"
#include "../move.h"

STRING_FUNCTION void *memmove(void *d, const void *s, size_t n)
{
	if (n >= 32)
		return move(d, s, n);
	move_short(d, s, n);
	return d;
}
