/* Thread-local variables of the executable and of libraries, in threads of any age.
 * SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>

#include "check.h"
#include "tls.h"

enum { HOST_ALIGNMENT = 1024, YOUNG = 50 };

_Thread_local int host_number = 1;
static _Thread_local char untouched[3000];
static _Thread_local long aligned __attribute__((aligned(HOST_ALIGNMENT))) = 0x4321;

static look_function *look, *look_other;
static int *(*host_through_static)(void);
static sem_t ready, go;

static void check_host(void)
{
	WANT(1, host_number);
	WANT(0, (uintptr_t)&aligned % HOST_ALIGNMENT);
	WANT(0x4321, aligned);
	for (size_t i = 0; i < sizeof untouched; i++)
		WANT(0, untouched[i]);
}

static void check_fresh(look_function *function)
{
	struct variables v;

	function(&v);
	WANT(40, *v.number);
	WANT_TEXT("large", v.large);
	WANT(0, v.large[69999]);
	WANT(0, (uintptr_t)v.aligned % ALIGNMENT);
	WANT(0x1234, *v.aligned);
	WANT(&host_number, v.host_number);
	for (int i = 0; i < ZEROS; i++)
		WANT(0, v.zeros[i]);
}

static void change(look_function *function, int number)
{
	struct variables v;

	function(&v);
	*v.number = number;
	strcpy(v.large, "changed");
	*v.aligned = number;
	v.zeros[0] = 1;
}

static void check_changed(look_function *function, int number)
{
	struct variables v;

	function(&v);
	WANT(number, *v.number);
	WANT_TEXT("changed", v.large);
	WANT(number, *v.aligned);
	WANT(1, v.zeros[0]);
}

/* Older than the libraries: its thread-local storage grows while it runs. */
static void *old_thread(void *argument)
{
	check_host();
	host_number = 2;
	sem_post(&ready);
	sem_wait(&go);
	check_fresh(look);
	change(look, 1000);
	sem_post(&ready);
	sem_wait(&go);
	check_fresh(look_other);
	check_changed(look, 1000);
	WANT(2, host_number);
	WANT(&host_number, host_through_static());
	return argument;
}

static void *young_thread(void *argument)
{
	check_host();
	check_fresh(look);
	check_fresh(look_other);
	change(look, 5);
	WANT(&host_number, host_through_static());
	return argument;
}

static void check_descriptors(void *handle)
{
	mix_function *mix = (mix_function *)find(handle, "mix");
	struct variables v;

	((look_function *)find(handle, "look"))(&v);
	*v.number = 1;
	v.zeros[1] = 2;
	CHECK(mix(0.5, 0.25, 3) == 0.5 * 2 + 0.25 * 3 + 3);
	*v.number = 40;
	v.zeros[1] = 0;
	WANT(50, *(int *)find(handle, "exported"));
}

int main(void)
{
	pthread_t old, young;
	void *first, *second;

	check_host();
	sem_init(&ready, 0, 0);
	sem_init(&go, 0, 0);
	pthread_create(&old, 0, old_thread, 0);
	sem_wait(&ready);

	first = load("./first.so");
	look = (look_function *)find(first, "look");
	check_fresh(look);
	check_descriptors(first);
	check_fresh(look);
	change(look, 41);
	sem_post(&go);
	sem_wait(&ready);

	second = load("./second.so");
	look_other = (look_function *)find(second, "look");
	check_fresh(look_other);
	check_descriptors(second);
	host_through_static = find(load("./static.so"), "where");
	WANT(&host_number, host_through_static());
	/* There is no room left beside the executable's variables: refused, nothing broken. */
	WANT(0, dlopen("./own-static.so", RTLD_NOW));
	WANT_PART("initial-exec TLS", dlerror());
	check_changed(look, 41);
	sem_post(&go);
	pthread_join(old, 0);

	for (int i = 0; i < YOUNG; i++) {
		WANT(0, pthread_create(&young, 0, young_thread, 0));
		pthread_join(young, 0);
	}
	check_changed(look, 41);
	check_fresh(look_other);
	check_host();
	return 0;
}
