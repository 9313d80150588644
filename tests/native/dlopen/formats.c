/* Libraries as other linkers make them: hash tables, RELR, lazy binding, no RELRO.
 * SPDX-License-Identifier: MIT */
#include "check.h"

typedef int number_function(void);

int host_number(void)
{
	return 100;
}

int main(int argc, char **argv)
{
	void *lazy;

	for (int i = 1; i < argc; i++)
		if (((number_function *)find(load(argv[i]), "answer"))() != 142)
			FAIL("%s: wrong answer", argv[i]);
	/* What is missing may come later, in a library that is global. */
	WANT(0, dlopen("./later.so", RTLD_NOW));
	WANT_PART("later: symbol not found", dlerror());
	lazy = load_as("./later.so", RTLD_LAZY);
	WANT(142, ((number_function *)find(lazy, "answer"))());
	load_as("./provider.so", RTLD_NOW | RTLD_GLOBAL);
	WANT(5, ((number_function *)find(lazy, "call_later"))());
	return 0;
}
