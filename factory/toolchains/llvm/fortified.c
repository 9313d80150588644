/* fortified: what a profile runtime that a distribution compiled against glibc asks of it.
   SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>

int __fprintf_chk(FILE *file, int flag, const char *format, ...)
{
	va_list arguments;
	(void)flag;
	va_start(arguments, format);
	int n = vfprintf(file, format, arguments);
	va_end(arguments);
	return n;
}

int __snprintf_chk(char *s, size_t n, int flag, size_t size, const char *format, ...)
{
	va_list arguments;
	(void)flag;
	(void)size;
	va_start(arguments, format);
	int written = vsnprintf(s, n, format, arguments);
	va_end(arguments);
	return written;
}
