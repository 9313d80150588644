/* How the executable can be started: arguments, environment, what musl sets up before main().
 * SPDX-License-Identifier: MIT */
/*
 * usage: start [ARGUMENT...]. START_ARGC and START_ARGV0 say what to find. `start again` starts
 * itself once more, without any argument and through /proc.
 */
#define _GNU_SOURCE
#include <alloca.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "check.h"

static _Thread_local int number = 7;
static int constructed;

__attribute__((constructor)) static void construct(void)
{
	constructed++;
}

/* `-z stack-size` of the executable is musl's default for every thread; its own is 128 KiB. */
static void *use_much_stack(void *argument)
{
	volatile char *space = alloca(4 << 20);

	for (size_t i = 0; i < 4 << 20; i += 4096)
		space[i] = 1;
	return argument;
}

static void check_arguments(int argc, char **argv)
{
	const char *count = getenv("START_ARGC"), *name = getenv("START_ARGV0");

	if (count)
		WANT(atoi(count), argc);
	if (name)
		WANT_TEXT(name, argv[0]);
	WANT(0, argv[argc]);
	WANT(0, getauxval(AT_BASE)); /* no dynamic linker beside the executable */
	WANT(argv + argc + 1, environ);
}

static void check_libc(void)
{
	pthread_t thread;
	char text[32];

	WANT(1, constructed);
	WANT(7, number);
	WANT(0, errno);
	snprintf(text, sizeof text, "%.2f %a", 1.5, 0.75);
	WANT_TEXT("1.50 0x1.8p-1", text);
	WANT(0, pthread_create(&thread, 0, use_much_stack, 0));
	WANT(0, pthread_join(thread, 0));
}

static void check_loading(void)
{
	int (*answer)(void);
	Dl_info info;

	WANT(0, dlsym(RTLD_DEFAULT, "answer")); /* not preloaded */
	dlerror();
	answer = find(load("./answer.so"), "answer");
	WANT(42, answer());
	CHECK(dladdr((void *)check_loading, &info));
	CHECK(info.dli_fname);
}

int main(int argc, char **argv)
{
	/* Linux 5.18 and newer make it one empty argument. */
	if (argc == 2 && strcmp(argv[1], "again") == 0) {
		execve("/proc/self/exe", (char *[]){0}, environ);
		FAIL("execve: %s", strerror(errno));
	}
	check_arguments(argc, argv);
	check_libc();
	check_loading();
	return 0;
}
