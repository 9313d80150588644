/* The library's side of test `malloc`.
 * SPDX-License-Identifier: MIT */
#include "malloc_border.h"

struct block lib_make(enum kind kind, size_t size)
{
	return make(kind, size);
}

const char *lib_take(struct block block)
{
	return take(block);
}

void lib_names(void *found[])
{
	names(found);
}
