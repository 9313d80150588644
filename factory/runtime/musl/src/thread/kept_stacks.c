/* Stacks of threads that ended, kept for those that start next.
 * SPDX-License-Identifier: MIT */
/*
 * musl maps a stack for each thread and unmaps it when the thread was joined: three system calls,
 * page faults, and an interrupt of each processor that runs the process. A few are kept, with few
 * pages in memory. What a thread said of itself in struct pthread, at the end of its mapping, says
 * where that is.
 */
#define _BSD_SOURCE
#include <string.h>
#include <sys/mman.h>
#include "kept_stacks.h"

#define STACKS 4
#define MOST ((size_t)16 << 20)
#define IN_MEMORY ((size_t)32 << 10)

static void *volatile kept[STACKS];

/* Thread-local storage, and what pthread_setspecific() has. */
static size_t variables(void)
{
	return libc.tls_size + __pthread_tsd_size;
}

int __keep_stack(pthread_t t)
{
	unsigned char *start = (unsigned char *)t->map_base + t->guard_size;
	size_t size = t->map_size - t->guard_size;
	size_t stays = (variables() + IN_MEMORY + PAGE_SIZE - 1) & -PAGE_SIZE;

	if (size > MOST)
		return 0;
	/* As munmap() waits: no robust mutex or barrier is in use there any more. */
	__vm_wait();
	if (size > stays && __madvise(start, size - stays, MADV_DONTNEED))
		return 0;
	for (int i = 0; i < STACKS; i++)
		if (!a_cas_p(&kept[i], 0, t))
			return 1;
	return 0;
}

unsigned char *__kept_stack(size_t size, size_t guard)
{
	for (int i = 0; i < STACKS; i++) {
		struct pthread *t = kept[i];
		unsigned char *map;

		if (!t || a_cas_p(&kept[i], t, 0) != t)
			continue;
		map = t->map_base;
		if (t->map_size == size && t->guard_size == guard) {
			memset(map + size - variables(), 0, variables());
			return map;
		}
		__munmap(map, t->map_size);
	}
	return 0;
}
