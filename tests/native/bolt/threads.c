/* Threads have the stack that the executable asks for, and code that BOLT has moved still works.
 * SPDX-License-Identifier: MIT */
#include <alloca.h>
#include <pthread.h>
#include <stddef.h>

enum { MUCH = 4 << 20, DEEP = 10000, THREADS = 4 };

static void *use_much(void *argument)
{
	volatile char *space = alloca(MUCH);

	for (size_t i = 0; i < MUCH; i += 4096)
		space[i] = 1;
	return argument;
}

static int deep(int left)
{
	volatile char space[100];

	space[0] = 1;
	return left ? deep(left - 1) + space[0] : 0;
}

static void *recurse(void *argument)
{
	(void)argument;
	return deep(DEEP) == DEEP ? argument : NULL;
}

int main(void)
{
	void *(*const runs[])(void *) = {use_much, recurse};
	pthread_t threads[THREADS];
	void *result;

	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, runs[i % 2], &threads[i]))
			return 1;
	for (int i = 0; i < THREADS; i++)
		if (pthread_join(threads[i], &result) || result != &threads[i])
			return 2;
	return 0;
}
