/* Constructors run in the order of dependencies, once; destructors at exit, the other way round.
 * SPDX-License-Identifier: MIT */
#include "check.h"

static char events[200];

/* DT_INIT and DT_FINI of library NAME, where musl heeds them. */
#ifdef __aarch64__
#define INIT(name) ""
#define FINI(name) ""
#else
#define INIT(name) "<" name
#define FINI(name) ">" name
#endif
#define CONSTRUCTED(name) INIT(name) "^" name "+" name
#define DESTROYED(name) "-" name FINI(name)

/* The constructors of the executable itself: before main(), and they may load libraries. */
static int early, late;

__attribute__((constructor(101))) static void construct_early(void)
{
	WANT(0, late);
	early = 1;
}

__attribute__((constructor)) static void construct(void)
{
	WANT(1, early);
	late = 1;
	load("./z.so");
	WANT_TEXT(CONSTRUCTED("z"), events);
	events[0] = 0;
}

void host_event(char kind, char name)
{
	size_t length = strlen(events);

	CHECK(length + 3 <= sizeof events);
	memcpy(events + length, (char[]){kind, name, 0}, 3);
}

/* The last thing that runs: only from here can the test succeed. */
__attribute__((destructor)) static void destroy(void)
{
	WANT_TEXT("!f!e!a!c!b!d!z" DESTROYED("f") DESTROYED("e") DESTROYED("a") DESTROYED("c")
			  DESTROYED("b") DESTROYED("d") DESTROYED("z"),
		  events);
	_exit(0);
}

int main(void)
{
	static const char four[] = CONSTRUCTED("d") CONSTRUCTED("b") CONSTRUCTED("c")
		CONSTRUCTED("a");
	void *a;

	/* a needs b and c, and both need d. */
	a = load("./a.so");
	WANT_TEXT(four, events);
	load("./d.so");
	load("./c.so");
	WANT(0, dlclose(a));
	WANT_TEXT(four, events);
	events[0] = 0;

	/* A constructor that loads a library itself. */
	load("./e.so");
	WANT_TEXT(CONSTRUCTED("e") CONSTRUCTED("f") "=e", events);
	events[0] = 0;
	return 3;
}
