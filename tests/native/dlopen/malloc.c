/* One malloc serves the executable and its libraries: memory may cross the border both ways.
 * SPDX-License-Identifier: MIT */
#include "malloc_border.h"

#include <pthread.h>
#include <stdbool.h>

#include "check.h"

enum { THREADS = 4, ROUNDS = 10, SIZES = 7 };

/* Of the mimalloc that is the executable's malloc. */
extern bool factory_mi_is_in_heap_region(const void *);

static make_function *lib_make;
static take_function *lib_take;
static const size_t sizes[SIZES] = {8, 24, 100, 1000, 5000, 70000, 3000000};

static void check_taken(struct block block, const char *problem)
{
	if (problem)
		FAIL("kind %d, %zu bytes: %s", block.kind, block.size, problem);
}

static struct block make_here(enum kind kind, size_t size)
{
	struct block block = make(kind, size);

	CHECK(factory_mi_is_in_heap_region(block.start));
	return block;
}

static struct block make_there(enum kind kind, size_t size)
{
	struct block block = lib_make(kind, size);

	CHECK(factory_mi_is_in_heap_region(block.start));
	return block;
}

static void check_every_kind(void)
{
	for (int kind = 0; kind < KINDS; kind++) {
		for (int i = 0; i < SIZES; i++) {
			struct block here = make_here(kind, sizes[i]);
			struct block there = make_there(kind, sizes[i]);

			check_taken(here, lib_take(here));
			check_taken(there, take(there));
		}
	}
}

/* Every thread makes blocks on one side; then its neighbour takes them on the other. */
static struct block blocks[THREADS][KINDS];
static pthread_barrier_t barrier;

static void *exchange(void *argument)
{
	long own = (long)argument, next = (own + 1) % THREADS;

	for (int round = 0; round < ROUNDS; round++) {
		/* Not the largest: pages that come and go cost time, not insight. */
		size_t size = sizes[(round + own) % (SIZES - 1)];

		for (int kind = 0; kind < KINDS; kind++)
			blocks[own][kind] = own % 2 ? make_here(kind, size)
						    : make_there(kind, size);
		pthread_barrier_wait(&barrier);
		for (int kind = 0; kind < KINDS; kind++) {
			struct block block = blocks[next][kind];

			check_taken(block, next % 2 ? lib_take(block) : take(block));
		}
		pthread_barrier_wait(&barrier);
	}
	return 0;
}

int main(void)
{
	void *library = load("./lib.so"), *here[NAMES], *there[NAMES];
	pthread_t threads[THREADS];

	lib_make = (make_function *)find(library, "lib_make");
	lib_take = (take_function *)find(library, "lib_take");
	names(here);
	((names_function *)find(library, "lib_names"))(there);
	for (int i = 0; i < NAMES; i++)
		WANT(here[i], there[i]);
	check_every_kind();

	pthread_barrier_init(&barrier, 0, THREADS);
	for (long i = 0; i < THREADS; i++)
		WANT(0, pthread_create(&threads[i], 0, exchange, (void *)i));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], 0);
	return 0;
}
