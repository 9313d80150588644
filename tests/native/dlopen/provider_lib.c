/* What a library that is bound lazily finds later.
 * SPDX-License-Identifier: MIT */
int later(void)
{
	return 5;
}
