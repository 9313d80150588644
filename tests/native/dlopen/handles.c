/* Handles, scopes and what dladdr(), dlinfo(), dlerror() and dlclose() say.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <link.h>
#include <pthread.h>

#include "check.h"

#ifdef __x86_64__
#define MUSL "libc.musl-x86_64.so.1"
#else
#define MUSL "libc.musl-aarch64.so.1"
#endif

typedef int number_function(void);

int host_shared(void)
{
	return 100;
}

/* Not exported, like OpenSSL inside a Python. */
__attribute__((noinline)) int private_number(void)
{
	return 200;
}

static int number(void *handle, const char *name)
{
	return ((number_function *)find(handle, name))();
}

/* One file is one library, however it is called. */
static void check_same_handle(void *library)
{
	char path[4096];

	WANT(library, load("./lib.so"));
	WANT(library, load("../handles/lib.so"));
	WANT(library, load("./link.so"));
	CHECK(realpath("lib.so", path));
	WANT(library, load(path));
	WANT(library, load_as("./lib.so", RTLD_NOLOAD | RTLD_NOW));
	WANT(0, dlopen("./other.so", RTLD_NOLOAD | RTLD_NOW));
	WANT_PART("not already loaded", dlerror());
}

/* What a library calls libc is the executable. */
static void check_self(void)
{
	static const char *const names[] = {
		MUSL, "libc.so", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1",
	};
	void *self = load_as(0, RTLD_NOW);
	char path[4096];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		WANT(self, load(names[i]));
	WANT(self, load("./main"));
	CHECK(realpath("main", path));
	WANT(self, load(path));
	WANT((void *)host_shared, find(self, "host_shared"));
	WANT((void *)qsort, find(self, "qsort"));
	WANT((void *)qsort, find(RTLD_DEFAULT, "qsort"));
	WANT(0, dlsym(self, "private_number"));
	WANT_PART("private_number", dlerror());
	/* libraries inside the executable, such as its malloc under its own name */
	WANT(0, dlsym(self, "factory_mi_malloc"));
	dlerror();
}

static void check_scopes(void *library)
{
	void *other;

	/* A handle leads to what the library needs, too: libc. */
	WANT((void *)qsort, find(library, "qsort"));
	WANT(getpid(), number(library, "process"));
	WANT(1, number(library, "tag"));
	WANT(100, number(library, "call_shared"));
	WANT(1, number(library, "call_private"));
	WANT(0, dlsym(RTLD_DEFAULT, "tag"));
	dlerror();

	other = load_as("./other.so", RTLD_NOW | RTLD_GLOBAL);
	WANT(2, number(other, "tag"));
	WANT(2, number(other, "call_private"));
	WANT(1, number(library, "call_private"));
	WANT(2, number(RTLD_DEFAULT, "tag"));
	/* Global from now on, behind the other one. */
	load_as("./lib.so", RTLD_NOW | RTLD_GLOBAL);
	WANT(2, number(RTLD_DEFAULT, "tag"));
}

static void check_addresses(void *library)
{
	number_function *tag = (number_function *)find(library, "tag");
	struct link_map *map;
	Dl_info info;
	int local = 0;

	CHECK(dladdr((void *)tag, &info));
	WANT_TEXT("./lib.so", info.dli_fname);
	WANT_TEXT("tag", info.dli_sname);
	WANT((void *)tag, info.dli_saddr);
	WANT(0, dlinfo(library, RTLD_DI_LINKMAP, &map));
	WANT_TEXT("./lib.so", map->l_name);
	WANT(info.dli_fbase, map->l_addr);
	CHECK(dladdr((void *)host_shared, &info));
	WANT_TEXT("host_shared", info.dli_sname);
	CHECK(dladdr((void *)qsort, &info));
	WANT_TEXT("qsort", info.dli_sname);
	CHECK(dladdr((void *)&stdout, &info));
	WANT_TEXT("stdout", info.dli_sname);
	WANT(0, dladdr(&local, &info));
}

static void *fail_in_thread(void *argument)
{
	WANT(0, dlerror());
	WANT(0, dlopen("./in-thread.so", RTLD_NOW));
	WANT_PART("in-thread.so", dlerror());
	return argument;
}

/* Messages belong to a thread, and are said once. */
static void check_messages(void *library)
{
	pthread_t thread;

	WANT(0, dlsym(library, "no_such_name"));
	pthread_create(&thread, 0, fail_in_thread, 0);
	pthread_join(thread, 0);
	WANT_PART("no_such_name", dlerror());
	WANT(0, dlerror());
	WANT(0, dlsym(&thread, "tag"));
	WANT_PART("Invalid library handle", dlerror());
	CHECK(dlclose(&thread) != 0);
	dlerror();
}

int main(void)
{
	void *library = load("./lib.so");

	WANT(200, private_number());
	check_same_handle(library);
	check_self();
	check_scopes(library);
	check_addresses(library);
	check_messages(library);
	/* musl unloads nothing. */
	WANT(0, dlclose(library));
	WANT(1, number(library, "tag"));
	return 0;
}
