/* factory_library: what freeze.py writes and the module `_factory` reads.
   SPDX-License-Identifier: MIT */
#ifndef FACTORY_LIBRARY_H
#define FACTORY_LIBRARY_H

#include <stddef.h>
#include <stdint.h>

#define FACTORY_DAMAGED "the executable is damaged"
#define FACTORY_ADVICE "copy or download it again and compare its SHA-256"

/* A part of factory_code; offset and size are multiples of 32, filled up with zeros. */
struct factory_code {
	uint64_t checksum;
	unsigned offset, size;
};

/* One module of the standard library: its marshalled code. */
struct factory_module {
	const char *name;
	struct factory_code code;
	int is_package;
};

extern const struct factory_module factory_modules[];
extern const size_t factory_modules_number;
extern const unsigned char factory_code[] __attribute__((visibility("hidden")));

/* What is imported while the interpreter starts. */
extern const struct factory_code factory_at_start;

/* Tells whether a part is what was built: marshal trusts its input. */
int factory_is_whole(const struct factory_code *part);

#endif
