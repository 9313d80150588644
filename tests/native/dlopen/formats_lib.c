/* A library with relocations of many kinds, which is linked in many ways.
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

int host_number(void);

static int table_used;
static _Thread_local int number = 4;

static int one(void)
{
	return 1;
}

int two(void)
{
	return 2;
}

static int (*const table[])(void) = {one, two, host_number};
void *(*volatile allocate)(size_t) = malloc;

__attribute__((constructor)) static void construct(void)
{
	table_used = 30;
}

int answer(void)
{
	char *text = allocate(10);
	int sum = number + table_used;

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		sum += table[i]();
	strcpy(text, "five");
	sum += (int)strlen(text) + 1;
	free(text);
	return sum;
}
#ifdef LATER
int later(void);

int call_later(void)
{
	return later();
}
#endif
