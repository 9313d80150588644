/* factory_library: the module `_factory`, which hands out what is inside the executable.
   SPDX-License-Identifier: MIT */
#include <Python.h>
#include <marshal.h>
#include <stdlib.h>
#include <string.h>

#include "factory_library.h"

extern const char factory_files_start[] __attribute__((visibility("hidden")));
extern const char factory_files_end[] __attribute__((visibility("hidden")));

__asm__(".section .rodata.factory_files, \"a\", @progbits\n"
	".balign 16\n"
	"factory_files_start:\n"
	".incbin \"files.bin\"\n"
	"factory_files_end:\n"
	".previous\n");

static PyObject *files(PyObject *module, PyObject *unused)
{
	(void)module;
	(void)unused;
	return PyMemoryView_FromMemory((char *)factory_files_start,
		factory_files_end - factory_files_start, PyBUF_READ);
}

static int compare(const void *name, const void *module)
{
	return strcmp(name, ((const struct factory_module *)module)->name);
}

static const struct factory_module *find(PyObject *name)
{
	Py_ssize_t size;
	const char *text = PyUnicode_AsUTF8AndSize(name, &size);

	if (!text || strlen(text) != (size_t)size)
		return NULL;
	return bsearch(text, factory_modules, factory_modules_number, sizeof *factory_modules, compare);
}

static PyObject *is_package(PyObject *self, PyObject *name)
{
	const struct factory_module *module = find(name);

	(void)self;
	if (PyErr_Occurred())
		return NULL;
	if (!module)
		Py_RETURN_NONE;
	return PyBool_FromLong(module->is_package);
}

static PyObject *code(PyObject *self, PyObject *name)
{
	const struct factory_module *module = find(name);

	(void)self;
	if (PyErr_Occurred())
		return NULL;
	if (!module)
		return PyErr_Format(PyExc_ImportError, "no module %R inside the executable", name);
	return PyMarshal_ReadObjectFromString((const char *)factory_code + module->offset, module->size);
}

static PyMethodDef methods[] = {
	{"is_package", is_package, METH_O,
		"Tell whether a module of the standard library is a package; None: there is none."},
	{"code", code, METH_O, "Return a new code object of a module of the standard library."},
	{"files", files, METH_NOARGS,
		"Return the bytes that _factory_library knows how to read, as a read-only memoryview."},
	{0},
};

static PyModuleDef_Slot slots[] = {
#ifdef Py_mod_multiple_interpreters
	{Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#ifdef Py_mod_gil
	{Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
	{0},
};

static struct PyModuleDef definition = {
	PyModuleDef_HEAD_INIT,
	.m_name = "_factory",
	.m_doc = "The standard library inside the executable.",
	.m_methods = methods,
	.m_slots = slots,
};

PyMODINIT_FUNC PyInit__factory(void)
{
	return PyModuleDef_Init(&definition);
}
