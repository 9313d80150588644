/* What the executable and the library of test `callbacks` call in each other.
 * SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdio.h>

typedef int call_function(int);
typedef int compare_function(const void *, const void *);
typedef void sort_function(int *, size_t);
typedef void jump_function(jmp_buf);
typedef void print_function(FILE *, const char *name, double number);
typedef void action_function(void);

/* Addresses as one side sees them; they must be the same on the other. */
struct addresses {
	void *qsort, *memcpy, *sqrt, *environ, *stdout_, *errno_, *host_call, *host_table;
};

typedef void addresses_function(struct addresses *);

/* Of the executable. */
int host_call(int depth);
int host_optional(void);
extern int host_table[4];
