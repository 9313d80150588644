/* The smallest library: it answers with a number.
 * SPDX-License-Identifier: MIT */
int answer(void)
{
	return ANSWER;
}
