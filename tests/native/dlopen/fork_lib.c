/* The libraries of test `fork`.
 * SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static _Thread_local int number = 40;
static int prepared, in_parent, in_child;

static void prepare(void)
{
	prepared++;
}

static void parent(void)
{
	in_parent++;
}

static void child(void)
{
	in_child++;
}

__attribute__((constructor)) static void construct(void)
{
	pthread_atfork(prepare, parent, child);
}

int add(int more)
{
	return number += more;
}

/* Hundreds: prepare, tens: parent, ones: child. */
int handlers(void)
{
	return prepared * 100 + in_parent * 10 + in_child;
}

int fork_here(void)
{
	return fork();
}

int run_shell(const char *line)
{
	return system(line);
}
