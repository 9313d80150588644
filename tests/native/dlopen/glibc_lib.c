/* Stands in for glibc's libc.so.6 when a library is linked; it is not there when that is loaded.
 * SPDX-License-Identifier: MIT */
const char *gnu_get_libc_version(void)
{
	return "2.36";
}
