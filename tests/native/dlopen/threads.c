/* Many threads load many libraries with thread-local variables, while others start and end.
 * SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdatomic.h>

#include "check.h"

enum { LOADERS = 8, LIBRARIES = 40, STARTERS = 2 };

typedef int add_function(int);
typedef int number_function(void);

static atomic_int constructed, finished;
static _Atomic(add_function *) latest;
static void *handles[LOADERS][LIBRARIES];

void host_constructed(void)
{
	constructed++;
}

/* Each thread has an order of its own, so that some load what others wait for. */
static void *load_all(void *argument)
{
	long own = (long)argument;

	for (int i = 0; i < LIBRARIES; i++) {
		int n = (int)(own * 7 + i) % LIBRARIES;
		char name[32];
		void *library;
		add_function *add;

		snprintf(name, sizeof name, "./copy%d.so", n);
		library = handles[own][n] = load(name);
		/* dlopen() returns when the constructors have run, whoever runs them. */
		WANT(1, ((number_function *)find(library, "is_ready"))());
		add = (add_function *)find(library, "add");
		WANT(41, add(1));
		latest = add;
	}
	/* All are still there, each with this thread's own variables. */
	for (int i = 0; i < LIBRARIES; i++)
		WANT(43, ((add_function *)find(handles[own][i], "add"))(2));
	finished++;
	return 0;
}

static void *use_latest(void *argument)
{
	add_function *add = latest;

	if (add)
		WANT(42, add(2));
	return argument;
}

static void *start_threads(void *argument)
{
	pthread_t thread;

	while (finished < LOADERS) {
		WANT(0, pthread_create(&thread, 0, use_latest, 0));
		pthread_join(thread, 0);
	}
	return argument;
}

int main(void)
{
	pthread_t loaders[LOADERS], starters[STARTERS];

	for (int i = 0; i < STARTERS; i++)
		WANT(0, pthread_create(&starters[i], 0, start_threads, 0));
	for (long i = 0; i < LOADERS; i++)
		WANT(0, pthread_create(&loaders[i], 0, load_all, (void *)i));
	for (int i = 0; i < LOADERS; i++)
		pthread_join(loaders[i], 0);
	for (int i = 0; i < STARTERS; i++)
		pthread_join(starters[i], 0);
	WANT(LIBRARIES, constructed);
	for (int i = 1; i < LOADERS; i++)
		for (int n = 0; n < LIBRARIES; n++)
			WANT(handles[0][n], handles[i][n]);
	return 0;
}
