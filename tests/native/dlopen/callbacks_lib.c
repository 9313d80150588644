/* The library of test `callbacks`.
 * SPDX-License-Identifier: MIT */
#include "callbacks.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;
__attribute__((weak)) int host_optional(void);
__attribute__((weak)) int nobody_has_this(void);

int lib_call(int depth)
{
	return depth ? 1 + host_call(depth - 1) : 0;
}

/* Relocations in data: against the executable and against the library itself. */
call_function *lib_table[] = {lib_call, host_call};
int *lib_pointer = &host_table[2];

void lib_addresses(struct addresses *a)
{
	*a = (struct addresses){(void *)qsort, (void *)memcpy, (void *)(double (*)(double))sqrt,
				(void *)&environ, stdout, &errno, (void *)host_call, host_table};
}

int lib_compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

void lib_sort(int *numbers, size_t count)
{
	qsort(numbers, count, sizeof *numbers, lib_compare);
}

void lib_jump(jmp_buf place)
{
	longjmp(place, 17);
}

/* The array brings in the stack protector, whose canary is the executable's. */
void lib_print(FILE *file, const char *name, double number)
{
	char text[64];

	snprintf(text, sizeof text, "%s %.3f %.2Lf", name, number, (long double)number * 2);
	fputs(text, file);
}

void lib_environment(void)
{
	setenv("LIBRARY_WAS_HERE", "yes", 1);
	errno = ENOTTY;
}

int lib_weak(int unused)
{
	(void)unused;
	return nobody_has_this ? -1 : host_optional();
}

static volatile sig_atomic_t caught;

static void handler(int number)
{
	caught = number;
}

int lib_signal(int number)
{
	signal(number, handler);
	raise(number);
	return caught;
}

static pthread_key_t key;
static int destroyed;

static void destroy(void *value)
{
	destroyed += *(int *)value;
}

static void create_key(void)
{
	pthread_key_create(&key, destroy);
}

/* Leaves a value that must be destroyed when the thread ends. */
void lib_thread_value(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	static int value = 9;

	pthread_once(&once, create_key);
	pthread_setspecific(key, &value);
}

int lib_destroyed(int unused)
{
	(void)unused;
	return destroyed;
}
