/* What cannot be loaded: a message, nothing left behind, and the next library loads.
 * SPDX-License-Identifier: MIT */
/*
 * usage: errors [FILE PART]... PART must be in the message; "?" as PART: the library may load as
 * well (the host's ld.so, which asks for nothing), but it must not crash.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <link.h>

#include "check.h"

typedef int number_function(void);

static int constructed;

void host_constructed(void)
{
	constructed++;
}

static int count(struct dl_phdr_info *info, size_t size, void *objects)
{
	(void)info;
	(void)size;
	++*(int *)objects;
	return 0;
}

static int objects(void)
{
	int number = 0;

	dl_iterate_phdr(count, &number);
	return number;
}

static void check_refused(const char *file, const char *part)
{
	int before = objects();
	const char *message;

	errno = 0;
	if (dlopen(file, RTLD_NOW | RTLD_GLOBAL)) {
		if (*part != '?')
			FAIL("%s was loaded, wanted \"...%s...\"", file, part);
		return;
	}
	message = dlerror();
	if (*part != '?')
		WANT_PART(part, message);
	WANT_PART(strrchr(file, '/') ? strrchr(file, '/') + 1 : file, message);
	WANT(0, dlerror());
	WANT(before, objects());
	WANT(0, dlsym(RTLD_DEFAULT, "answer"));
	dlerror();
}

int main(int argc, char **argv)
{
	void *library;

	for (int i = 1; i + 1 < argc; i += 2)
		check_refused(argv[i], argv[i + 1]);
	WANT(0, constructed);
	library = load("./good.so");
	WANT(42, ((number_function *)find(library, "answer"))());
	WANT(40, ((number_function *)find(library, "thread_local_answer"))());
	WANT(1, constructed);
	return 0;
}
