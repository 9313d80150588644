/* The libraries of test `errors`: a good one, and with MISSING one that lacks a function.
 * SPDX-License-Identifier: MIT */
void host_constructed(void);
#ifdef MISSING
void MISSING(void);
void (*missing)(void) = MISSING;
#endif

static _Thread_local int number = 40;

__attribute__((constructor)) static void construct(void)
{
	host_constructed();
}

int answer(void)
{
	return 42;
}

int thread_local_answer(void)
{
	return number;
}
