/* A library that needs one which is inside the executable.
 * SPDX-License-Identifier: MIT */
int inside_answer(void);

int answer(void)
{
	return inside_answer();
}
#ifdef MISSING
int missing(void);

int call_missing(void)
{
	return missing();
}
#endif
