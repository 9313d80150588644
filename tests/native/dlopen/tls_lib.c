/* A library with every kind of thread-local variable.
 * SPDX-License-Identifier: MIT */
#include "tls.h"

extern _Thread_local int host_number;
static _Thread_local int number = 40;
static _Thread_local char zeros[ZEROS];
static _Thread_local char large[70000] = "large";
static _Thread_local long aligned __attribute__((aligned(ALIGNMENT))) = 0x1234;
_Thread_local int exported = 50;

void look(struct variables *v)
{
	*v = (struct variables){&number, zeros, large, &aligned, &host_number};
}

/* A TLS descriptor's function must keep all registers, those of floating point too. */
double mix(double a, double b, long c)
{
	number++;
	zeros[1]++;
	return a * number + b * zeros[1] + (double)c;
}
