/* Where libraries are looked for: nowhere that belongs to the host.
 * SPDX-License-Identifier: MIT */
/*
 * Makes the current directory its root, in which there is a library in each of the host's places;
 * LD_LIBRARY_PATH and LD_PRELOAD point there as well.
 */
#include <errno.h>

#include "check.h"

typedef int number_function(void);

static int answer(void *library)
{
	return ((number_function *)find(library, "answer"))();
}

int main(void)
{
	static const char *const places[] = {
		"libin-lib.so", "libin-lib64.so", "libin-usr-lib.so", "libin-usr-local-lib.so",
	};
	static char path[100];

	if (chroot(".") || chdir("/"))
		FAIL("chroot: %s", strerror(errno));
	CHECK(getenv("LD_PRELOAD") && getenv("LD_LIBRARY_PATH"));
	WANT(0, dlsym(RTLD_DEFAULT, "answer"));
	dlerror();
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		WANT(0, dlopen(places[i], RTLD_NOW));
		WANT_PART(places[i], dlerror());
	}
	/* Nor for the sake of another library. */
	WANT(0, dlopen("/bundle/lost.so", RTLD_NOW));
	WANT_PART("libin-lib.so", dlerror());

	/* They are there, for those who say where. */
	WANT(1, answer(load("/lib/libin-lib.so")));
	/* $ORIGIN, as wheels that bring libraries have it. */
	WANT(11, answer(load("/bundle/module.so")));
	WANT_TEXT("/own", getenv("LD_MUSL_LIBRARY_PATH"));
	WANT(12, answer(load("libown.so")));
	snprintf(path, sizeof path, "/bundle/libs/%s", "libbundled.so");
	WANT(load("libbundled.so"), load(path));
	return 0;
}
