/* Stacks of threads that were joined are used again, and nothing in them tells.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>

#include "check.h"

enum { AT_ONCE = 8, KEPT = 4, IN_MEMORY = 128 << 10 };

static const size_t SIZE = 2 << 20, LARGE = 64 << 20;

typedef int add_function(int);

static _Thread_local int number = 40;
static _Thread_local char room[500];
static pthread_key_t key;

struct stack {
	char *start; /* above the guard */
	size_t size, guard;
	size_t depth;       /* how much of it the thread writes to */
	add_function *add;  /* of a library, with variables of its own */
	pthread_barrier_t *barrier;
};

/* What the library calls when it is loaded. */
void host_constructed(void)
{
}

static int mapped(const void *page)
{
	unsigned char in_memory;

	return mincore((void *)page, 1, &in_memory) == 0;
}

static size_t bytes_in_memory(const struct stack *stack)
{
	size_t page = sysconf(_SC_PAGESIZE), sum = 0;

	for (char *p = stack->start; p < stack->start + stack->size; p += page) {
		unsigned char in_memory = 0;
		WANT(0, mincore(p, page, &in_memory));
		sum += in_memory & 1 ? page : 0;
	}
	return sum;
}

/* By a pointer, lest the compiler makes a loop of it. */
static void dig(size_t depth);
static void (*volatile dig_on)(size_t) = dig;

static void dig(size_t depth)
{
	volatile char block[4096];

	for (size_t i = 0; i < sizeof block; i++)
		block[i] = 1;
	if (depth > sizeof block)
		dig_on(depth - sizeof block);
	block[0]++;
}

static void look(struct stack *stack)
{
	pthread_attr_t attributes;
	void *start;
	int pipes[2];

	WANT(0, pthread_getattr_np(pthread_self(), &attributes));
	WANT(0, pthread_attr_getstack(&attributes, &start, &stack->size));
	WANT(0, pthread_attr_getguardsize(&attributes, &stack->guard));
	stack->start = start;
	/* The guard is still one: the system cannot read there. */
	WANT(0, pipe(pipes));
	WANT(-1, write(pipes[1], stack->start - 1, 1));
	WANT(EFAULT, errno);
	WANT(1, write(pipes[1], stack->start, 1));
	close(pipes[0]);
	close(pipes[1]);
}

static void *use(void *argument)
{
	struct stack *stack = argument;

	WANT(40, number++);
	for (size_t i = 0; i < sizeof room; i++)
		WANT(0, room[i]);
	memset(room, 0xff, sizeof room);
	WANT(0, pthread_getspecific(key));
	WANT(0, pthread_setspecific(key, stack));
	if (stack->add)
		WANT(41, stack->add(1));
	look(stack);
	dig(stack->depth);
	CHECK(bytes_in_memory(stack) >= stack->depth / 4 * 3);
	if (stack->barrier)
		pthread_barrier_wait(stack->barrier);
	return stack;
}

static pthread_t start(struct stack *stack, size_t size)
{
	pthread_attr_t attributes;
	pthread_t thread;

	WANT(0, pthread_attr_init(&attributes));
	WANT(0, pthread_attr_setstacksize(&attributes, size));
	WANT(0, pthread_create(&thread, &attributes, use, stack));
	return thread;
}

static void finish(pthread_t thread, struct stack *stack)
{
	void *result;

	WANT(0, pthread_join(thread, &result));
	WANT(stack, result);
}

static struct stack run(size_t size, size_t depth, add_function *add)
{
	struct stack stack = {.depth = depth, .add = add};

	finish(start(&stack, size), &stack);
	return stack;
}

static void test_one_after_the_other(void)
{
	struct stack first = run(SIZE, SIZE / 2, 0), second;

	CHECK(mapped(first.start));
	CHECK(bytes_in_memory(&first) <= IN_MEMORY);
	second = run(SIZE, 0, 0);
	WANT(first.start, second.start);
	WANT(first.size, second.size);
	/* Of another size: the one that was kept makes way. */
	CHECK(run(SIZE / 2, 0, 0).size < first.size);
}

static void test_variables_of_a_library_that_came_later(void)
{
	struct stack before = run(SIZE, 0, 0), after;
	add_function *add = (add_function *)find(load("./lib.so"), "add");

	after = run(SIZE, 0, add);
	WANT(before.start, after.start);
	run(SIZE, 0, add);
}

static void test_many_at_once(void)
{
	struct stack stacks[AT_ONCE] = {0};
	pthread_t threads[AT_ONCE];
	pthread_barrier_t barrier;
	int kept = 0;

	WANT(0, pthread_barrier_init(&barrier, 0, AT_ONCE));
	for (int i = 0; i < AT_ONCE; i++) {
		stacks[i].barrier = &barrier;
		threads[i] = start(&stacks[i], SIZE);
	}
	for (int i = 0; i < AT_ONCE; i++)
		finish(threads[i], &stacks[i]);
	for (int i = 0; i < AT_ONCE; i++)
		kept += mapped(stacks[i].start);
	WANT(KEPT, kept);
}

static void test_large(void)
{
	CHECK(!mapped(run(LARGE, 0, 0).start));
}

int main(void)
{
	WANT(0, pthread_key_create(&key, 0));
	test_one_after_the_other();
	test_variables_of_a_library_that_came_later();
	test_many_at_once();
	test_large();
	return 0;
}
