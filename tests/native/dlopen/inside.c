/* A library inside the executable, which others find by its soname, and nobody by a symbol.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <link.h>

#include "check.h"

typedef int number_function(void);

/* As ldso/dynlink.c declares it (patches/musl). */
struct symbol {
	const char *name;
	const void *address;
};

extern const struct library {
	const char *soname;
	const struct symbol *symbols;
} __ldso_app_libs[];

extern const char __ldso_app_provides[];

static int implementation(void)
{
	return 77;
}

static const struct symbol symbols[] = {{"inside_answer", (void *)implementation}, {0, 0}};
const struct library __ldso_app_libs[] = {{"libinside.so.1", symbols}, {0, 0}};
const char __ldso_app_provides[] = "libhost.so.1\0";

static int count(struct dl_phdr_info *info, size_t size, void *found)
{
	(void)size;
	*(int *)found += strcmp(info->dlpi_name, "libinside.so.1") == 0;
	return 0;
}

static int objects_inside(void)
{
	int found = 0;

	dl_iterate_phdr(count, &found);
	return found;
}

int main(void)
{
	void *inside;
	Dl_info info;

	/* It comes with the first that needs it, and goes if that one cannot be loaded. */
	WANT(0, objects_inside());
	WANT(0, dlopen("./broken.so", RTLD_NOW));
	WANT_PART("missing: symbol not found", dlerror());
	WANT(0, objects_inside());

	WANT(77, ((number_function *)find(load("./lib.so"), "answer"))());
	WANT(1, objects_inside());
	WANT(0, dlsym(RTLD_DEFAULT, "inside_answer"));
	dlerror();
	inside = load("libinside.so.1");
	WANT(implementation, find(inside, "inside_answer"));
	WANT(1, objects_inside());
	WANT(0, dlsym(inside, "no_such_name"));
	WANT_PART("no_such_name", dlerror());
	/* Its functions are the executable's. */
	CHECK(dladdr(find(inside, "inside_answer"), &info));
	WANT_TEXT(getenv("PROGRAM"), info.dli_fname);
	WANT(0, dlclose(inside));

	/* The other kind: the executable itself under one more name. */
	WANT(load_as(0, RTLD_NOW), load("libhost.so.1"));
	return 0;
}
