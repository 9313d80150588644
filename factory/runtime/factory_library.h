/* factory_library: what freeze.py writes and the module `_factory` reads.
   SPDX-License-Identifier: MIT */
#ifndef FACTORY_LIBRARY_H
#define FACTORY_LIBRARY_H

#include <stddef.h>

/* One module of the standard library: its marshalled code in factory_code. */
struct factory_module {
	const char *name;
	unsigned offset, size;
	int is_package;
};

extern const struct factory_module factory_modules[];
extern const size_t factory_modules_number;
extern const unsigned char factory_code[] __attribute__((visibility("hidden")));

#endif
