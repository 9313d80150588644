/* The libraries of test `handles`; TAG tells them apart.
 * SPDX-License-Identifier: MIT */
#include <unistd.h>

int tag(void)
{
	return TAG;
}

/* The executable has functions of these names as well. It exports the first, which everybody uses;
 * the second is its own business. */
int host_shared(void)
{
	return TAG;
}

int private_number(void)
{
	return TAG;
}

int call_shared(void)
{
	return host_shared();
}

int call_private(void)
{
	return private_number();
}

/* Something of libc, so that the libc in DT_NEEDED is of use. */
int process(void)
{
	return getpid();
}
