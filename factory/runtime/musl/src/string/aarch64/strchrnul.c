/* strchrnul for aarch64, which strchr calls too: end.h.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "end.h"

STRING_FUNCTION char *__strchrnul(const char *s, int c)
{
	return (char *)find_end((const unsigned char *)s, c);
}

weak_alias(__strchrnul, strchrnul);
