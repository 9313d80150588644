/* factory_library: what freeze.py writes and the module `_factory` reads.
   SPDX-License-Identifier: MIT */
#ifndef FACTORY_LIBRARY_H
#define FACTORY_LIBRARY_H

#include <Python.h>
#include <stddef.h>
#include <stdint.h>

#define FACTORY_DAMAGED "the executable is damaged"
#define FACTORY_ADVICE "copy or download it again and compare its SHA-256"

/* A part of factory_code; offset and size are multiples of 32, filled up with zeros. */
struct factory_code {
	uint64_t checksum;
	unsigned offset, size;
};

/* One module of the standard library: its code, as pack_code.py writes it. */
struct factory_module {
	const char *name;
	struct factory_code code;
	int is_package;
};

/* Text that is code: a checksum of the text, filled up with zeros, and its code, whose last constant
   is the text. */
struct factory_text {
	uint64_t key;
	struct factory_code code;
};

extern const struct factory_text factory_texts[];
extern const size_t factory_texts_number;
extern const struct factory_module factory_modules[];
extern const size_t factory_modules_number;
extern unsigned char factory_was_read[];
extern const unsigned char factory_code[] __attribute__((visibility("hidden")));

/* Names of frozen modules that are another module (pycore_import.h). */
struct _module_alias {
	const char *name, *orig;
};
extern const struct _module_alias *_PyImport_FrozenAliases;

/* What is imported while the interpreter starts, from offset 0 on; main() checks it. */
extern const struct factory_code factory_at_start;

/* Tells whether a part is what was built: whoever reads it trusts it. */
int factory_is_whole(const struct factory_code *part);

/* Returns the code of a frozen module, ours or one of CPython's own for its tests. */
PyObject *factory_frozen_code(PyObject *name, const char *data, Py_ssize_t size);

#endif
