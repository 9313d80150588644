/* The library of test `phdr`.
 * SPDX-License-Identifier: MIT */
static _Thread_local int number = 5;
static const char text[] = "text";

/* Holds an address, so it is written once, by the dynamic linker, and read-only from then on. */
const char *const lib_relocated[] = {text};

int *lib_number(void)
{
	return &number;
}
