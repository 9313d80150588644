/* strlen for aarch64: end.h.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "end.h"

STRING_FUNCTION size_t strlen(const char *string)
{
	const unsigned char *s = (const unsigned char *)string;
	return find_end(s, 0) - s;
}
