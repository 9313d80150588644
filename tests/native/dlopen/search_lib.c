/* A library that needs another one.
 * SPDX-License-Identifier: MIT */
int bundled_answer(void);

int answer(void)
{
	return bundled_answer();
}
