/* The libraries of test `threads`.
 * SPDX-License-Identifier: MIT */
#include <stdatomic.h>
#include <unistd.h>

void host_constructed(void);

static _Thread_local int number = 40;
static _Thread_local char room[500];
static atomic_int ready;

/* Slow, so that another thread comes by meanwhile. */
__attribute__((constructor)) static void construct(void)
{
	host_constructed();
	usleep(200);
	ready = 1;
}

int is_ready(void)
{
	return ready;
}

int add(int more)
{
	room[0]++;
	return number += more;
}
