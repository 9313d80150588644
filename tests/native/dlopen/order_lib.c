/* A library that reports when it is constructed and destroyed, as the character NAME.
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "check.h"

void host_event(char kind, char name);

/* DT_INIT and DT_FINI, as gcc's crti.o puts them into every library. On aarch64 musl leaves them to
 * the past (NO_LEGACY_INITFINI). */
void legacy_init(void)
{
	host_event('<', NAME);
}

void legacy_fini(void)
{
	host_event('>', NAME);
}

static void at_exit(void)
{
	host_event('!', NAME);
}

__attribute__((constructor(101))) static void early(void)
{
	host_event('^', NAME);
}

__attribute__((constructor)) static void construct(void)
{
	host_event('+', NAME);
	atexit(at_exit);
#ifdef LOADS
	load(LOADS);
	host_event('=', NAME);
#endif
}

__attribute__((destructor)) static void destroy(void)
{
	host_event('-', NAME);
}
