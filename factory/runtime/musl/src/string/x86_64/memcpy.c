/* Nothing but a replacement of musl's memcpy.s: memcpy is in memmove.c.
 * SPDX-License-Identifier: MIT */
typedef int not_empty; /* as C wants a file to be */
