/* A child of fork() has the libraries, and can load more, even if other threads were at it.
 * SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <sys/wait.h>

#include "check.h"

enum { LOADERS = 3, FORKS = 6 };

typedef int add_function(int);
typedef int number_function(void);

static add_function *add;
static number_function *handlers;

static void wait_for(pid_t child)
{
	int status;

	CHECK(child > 0);
	WANT(child, waitpid(child, &status, 0));
	WANT(0, status);
}

static void check_new_library(const char *name)
{
	add_function *other = (add_function *)find(load(name), "add");

	WANT(41, other(1));
}

static void check_simple(pid_t child)
{
	if (child == 0) {
		/* the thread's own variables, as they were */
		WANT(46, add(1));
		WANT(101, handlers());
		check_new_library("./later.so");
		_exit(0);
	}
	wait_for(child);
	WANT(46, add(1));
	WANT(110, handlers());
}

static void *load_many(void *argument)
{
	char name[32];

	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof name, "./copy%d.so", i);
		load(name);
	}
	return argument;
}

static void check_beside_loaders(void)
{
	pthread_t loaders[LOADERS];

	for (int i = 0; i < LOADERS; i++)
		pthread_create(&loaders[i], 0, load_many, 0);
	for (int i = 0; i < FORKS; i++) {
		pid_t child = fork();

		if (child == 0) {
			check_new_library("./later.so");
			_exit(0);
		}
		wait_for(child);
	}
	for (int i = 0; i < LOADERS; i++)
		pthread_join(loaders[i], 0);
}

int main(void)
{
	void *library = load("./lib.so");
	int (*run_shell)(const char *) = find(library, "run_shell");

	add = (add_function *)find(library, "add");
	handlers = (number_function *)find(library, "handlers");
	WANT(45, add(5));
	check_simple(((number_function *)find(library, "fork_here"))());
	check_beside_loaders();
	WANT(7, WEXITSTATUS(run_shell("exit 7")));
	return 0;
}
