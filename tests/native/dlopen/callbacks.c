/* Calls and data across the border between the executable and a library, in both directions.
 * SPDX-License-Identifier: MIT */
#include "callbacks.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>

#include "check.h"

extern char **environ;

int host_table[4] = {10, 20, 30, 40};
static call_function *lib_call;

int host_call(int depth)
{
	return depth ? 1 + lib_call(depth - 1) : 0;
}

int host_optional(void)
{
	return 33;
}

/* A function has one address, and libc one state, whoever asks. */
static void check_addresses(void *library)
{
	addresses_function *ask = (addresses_function *)find(library, "lib_addresses");
	struct addresses theirs;

	ask(&theirs);
	WANT((void *)qsort, theirs.qsort);
	WANT((void *)memcpy, theirs.memcpy);
	WANT((void *)(double (*)(double))sqrt, theirs.sqrt);
	WANT(&environ, theirs.environ);
	WANT(stdout, theirs.stdout_);
	WANT(&errno, theirs.errno_);
	WANT((void *)host_call, theirs.host_call);
	WANT(host_table, theirs.host_table);
}

static void check_data(void *library)
{
	call_function **table = find(library, "lib_table");
	int **pointer = find(library, "lib_pointer");

	WANT(lib_call, table[0]);
	WANT(host_call, table[1]);
	WANT(30, **pointer);
}

static void check_sorting(void *library)
{
	sort_function *sort = (sort_function *)find(library, "lib_sort");
	compare_function *compare = (compare_function *)find(library, "lib_compare");
	int numbers[] = {3, 1, 2}, others[] = {9, 7, 8};

	sort(numbers, 3);
	qsort(others, 3, sizeof *others, compare);
	for (int i = 0; i < 3; i++) {
		WANT(1 + i, numbers[i]);
		WANT(7 + i, others[i]);
	}
}

static void check_jump(void *library)
{
	jump_function *jump = (jump_function *)find(library, "lib_jump");
	jmp_buf place;
	int value = setjmp(place);

	if (!value)
		jump(place);
	WANT(17, value);
}

static void check_files(void *library)
{
	print_function *print = (print_function *)find(library, "lib_print");
	char *text;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	print(file, "pi", 3.14159);
	fclose(file);
	WANT_TEXT("pi 3.142 6.28", text);
	free(text);
}

static void check_environment(void *library)
{
	action_function *change = (action_function *)find(library, "lib_environment");

	errno = 0;
	change();
	WANT(ENOTTY, errno);
	WANT_TEXT("yes", getenv("LIBRARY_WAS_HERE"));
}

static void *run(void *function)
{
	((action_function *)function)();
	return 0;
}

static void check_threads(void *library)
{
	call_function *destroyed = (call_function *)find(library, "lib_destroyed");
	pthread_t thread;

	for (int i = 1; i <= 3; i++) {
		pthread_create(&thread, 0, run, find(library, "lib_thread_value"));
		pthread_join(thread, 0);
		WANT(9 * i, destroyed(0));
	}
}

int main(void)
{
	void *library = load("./lib.so");

	lib_call = (call_function *)find(library, "lib_call");
	WANT(100, host_call(100));
	WANT(101, lib_call(101));
	check_addresses(library);
	check_data(library);
	check_sorting(library);
	check_jump(library);
	check_files(library);
	check_environment(library);
	check_threads(library);
	WANT(33, ((call_function *)find(library, "lib_weak"))(0));
	WANT(SIGUSR1, ((call_function *)find(library, "lib_signal"))(SIGUSR1));
	return 0;
}
