/* factory_library: the module `_factory`, which hands out the files inside the executable.
   SPDX-License-Identifier: MIT */
#include <Python.h>

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

static PyMethodDef methods[] = {
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
	.m_doc = "Files of the standard library that are inside the executable.",
	.m_methods = methods,
	.m_slots = slots,
};

PyMODINIT_FUNC PyInit__factory(void)
{
	return PyModuleDef_Init(&definition);
}
