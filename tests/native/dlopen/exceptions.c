/* C++ libraries in an executable of C: exceptions, type information, destructors.
 * SPDX-License-Identifier: MIT */
#include "exceptions.h"

#include <pthread.h>

#include "check.h"

enum { THREADS = 4 };

typedef void catch_function(action_function *);
typedef void thread_function(int is_main);
typedef int number_function(void);
typedef int *new_function(void);
typedef void delete_function(int *);

static int events[EVENTS];

void host_event(enum event event)
{
	__atomic_fetch_add(&events[event], 1, __ATOMIC_SEQ_CST);
}

/* Not a tail call: there must be a frame to pass through. */
void host_call(action_function *action)
{
	action();
	__asm__ volatile("");
}

/* The last thing that runs: only from here can the test succeed. */
__attribute__((destructor)) static void destroy(void)
{
	WANT(1, events[STATIC_DESTROYED]);
	WANT(1, events[MAIN_DESTROYED]);
	WANT(THREADS, events[THREAD_DESTROYED]);
	_exit(0);
}

static void *throwing, *catching;

static action_function *action(const char *name)
{
	return (action_function *)find(throwing, name);
}

/* `how` of catch.so catches what `what` of throw.so throws; all that was on the way is gone. */
static void check_caught(const char *how, const char *what)
{
	((catch_function *)find(catching, how))(action(what));
	WANT(0, ((number_function *)find(throwing, "alive_objects"))());
}

static void check_all(void)
{
	check_caught("catch_problem", "throw_problem");
	check_caught("catch_through_host", "throw_problem");
	check_caught("catch_again", "throw_problem");
	check_caught("catch_number", "throw_number");
	action("catch_own")();
	action("catch_standard")();
}

static void use_thread_local(int is_main)
{
	((thread_function *)find(throwing, "use_thread_local"))(is_main);
}

static void *in_thread(void *unused)
{
	use_thread_local(0);
	check_all();
	return unused;
}

int main(void)
{
	pthread_t threads[THREADS];
	void *private;

	throwing = load("./throw.so");
	catching = load("./catch.so");
	check_all();
	use_thread_local(1);
	((delete_function *)find(catching, "delete_number"))(
		((new_function *)find(throwing, "new_number"))());

	/* A library that comes when unwinders have seen all others. */
	private = load("./private.so");
	((catch_function *)find(private, "catch_private"))(action("catch_own"));
	check_all();

	for (int i = 0; i < THREADS; i++)
		WANT(0, pthread_create(&threads[i], 0, in_thread, 0));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], 0);
	return 3;
}
