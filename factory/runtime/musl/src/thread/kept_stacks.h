/* Stacks of threads that ended, kept for those that start next.
 * SPDX-License-Identifier: MIT */
#ifndef KEPT_STACKS_H
#define KEPT_STACKS_H

#include "pthread_impl.h"

/* Whether the mapping of a thread that is no more was taken; if not, it is the caller's to unmap. */
hidden int __keep_stack(pthread_t t);

/* A kept mapping of that size, guard included, or 0. Where a new thread's variables will be it has
 * zeros, as if it were new. */
hidden unsigned char *__kept_stack(size_t size, size_t guard);

#endif
