/* Memory that cannot be had: a null pointer, without a word.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdint.h>

#include "check.h"

int main(void)
{
	static volatile size_t most = SIZE_MAX, much = PTRDIFF_MAX / 2;
	char *small = malloc(1);

	WANT(0, malloc(much));
	WANT(ENOMEM, errno);
	WANT(0, malloc(most));
	WANT(0, calloc(most, 2));
	WANT(0, realloc(small, much));
	free(small);
	return 0;
}
