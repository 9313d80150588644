/* Run with the rights of the file's owner: the environment says nothing about libraries.
 * SPDX-License-Identifier: MIT */
#include <sys/auxv.h>

#include "check.h"

int main(void)
{
	int (*answer)(void);

	CHECK(getuid() != geteuid());
	WANT(1, getauxval(AT_SECURE));
	CHECK(getenv("LD_MUSL_LIBRARY_PATH") && getenv("LD_PRELOAD"));
	WANT(0, dlsym(RTLD_DEFAULT, "answer"));
	dlerror();
	WANT(0, dlopen("libanswer.so", RTLD_NOW));
	WANT_PART("libanswer.so", dlerror());
	answer = find(load("./libanswer.so"), "answer");
	WANT(42, answer());
	return 0;
}
