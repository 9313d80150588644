/* Checks for the tests of dlopen: they say what was wanted and found, and end the program with 1.
 * SPDX-License-Identifier: MIT */
#ifndef CHECK_H
#define CHECK_H

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* No exit(): in any thread, and without the destructors that some tests are about. */
#define FAIL(...) \
	do { \
		dprintf(2, "%s:%d: ", __FILE_NAME__, __LINE__); \
		dprintf(2, __VA_ARGS__); \
		dprintf(2, "\n"); \
		_exit(1); \
	} while (0)

#define CHECK(condition) \
	do { \
		if (!(condition)) \
			FAIL("not true: %s", #condition); \
	} while (0)

/* Integers and addresses. */
#define WANT(wanted, found) \
	do { \
		long long wanted_ = (long long)(wanted), found_ = (long long)(found); \
		if (wanted_ != found_) \
			FAIL("%s: wanted %lld (%#llx), found %lld (%#llx)", #found, wanted_, \
			     (unsigned long long)wanted_, found_, (unsigned long long)found_); \
	} while (0)

#define WANT_TEXT(wanted, found) \
	do { \
		const char *wanted_ = (wanted), *found_ = (found); \
		if (!found_ || strcmp(wanted_, found_) != 0) \
			FAIL("%s: wanted \"%s\", found \"%s\"", #found, wanted_, \
			     found_ ? found_ : "(null)"); \
	} while (0)

#define WANT_PART(part, found) \
	do { \
		const char *part_ = (part), *found_ = (found); \
		if (!found_ || !strstr(found_, part_)) \
			FAIL("%s: wanted \"...%s...\", found \"%s\"", #found, part_, \
			     found_ ? found_ : "(null)"); \
	} while (0)

static inline void *load_as(const char *file, int mode)
{
	void *handle = dlopen(file, mode);

	if (!handle)
		FAIL("dlopen(%s): %s", file, dlerror());
	return handle;
}

static inline void *load(const char *file)
{
	return load_as(file, RTLD_NOW | RTLD_LOCAL);
}

static inline void *find(void *handle, const char *name)
{
	void *symbol = dlsym(handle, name);

	if (!symbol)
		FAIL("dlsym(%s): %s", name, dlerror());
	return symbol;
}

#endif
