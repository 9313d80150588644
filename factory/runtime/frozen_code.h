/* frozen_code: code objects in the form that pack_code.py writes.
   SPDX-License-Identifier: MIT */
#ifndef FROZEN_CODE_H
#define FROZEN_CODE_H

#include <Python.h>

/* Returns the code object in `size` bytes. With `forever`, its parts are in one piece of memory that
   is never given back, and immortal: cheaper by far, but only for what is read once. */
PyObject *frozen_code_read(const unsigned char *data, size_t size, int forever);

#endif
