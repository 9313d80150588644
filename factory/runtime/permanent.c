/* permanent: the garbage collector leaves out what the start made.
   SPDX-License-Identifier: MIT

   A full collection visits some seven thousand objects that every start makes and that live until
   the end, and three full collections are a part of every end. gc.freeze() is there to leave such
   objects out: https://docs.python.org/3/library/gc.html#gc.freeze
   A program that puts an object of its own into one of the modules that the start imported has
   them visited again, as by gc.unfreeze(): a cycle through that module must be seen. */
#define Py_BUILD_CORE 1
#include <Python.h>
#include <internal/pycore_gc.h>
#include <internal/pycore_interp.h>
#include <internal/pycore_runtime.h>

#include "permanent.h"

/* Without the GIL the collector is another one; 3.12 lacks patches/cpython/0014. */
#if defined Py_GIL_DISABLED || PY_VERSION_HEX < 0x030d0000

void permanent_before_start(void)
{
}

int permanent_after_start(void)
{
	return 0;
}

#else

/* More objects than a start makes: about 6000 containers. */
#define AT_START 20000

/* The modules that the start imported (patches/cpython/0014). The list is there as long as they hold
   nothing of the program's. */
extern PyObject *_Py_ModulesLeftAlone;

void permanent_before_start(void)
{
	_PyRuntime._main_interpreter.gc.generations[0].count = -AT_START;
}

/* Tells whether only modules of the standard library were imported: no sitecustomize, and nothing
   that a .pth file names. What such code made is the user's. */
static int only_ours(PyObject *imported, PyObject *names)
{
	PyObject *name, *module;

	for (Py_ssize_t at = 0; PyDict_Next(imported, &at, &name, &module);) {
		Py_ssize_t dot = PyUnicode_FindChar(name, '.', 0, PyUnicode_GET_LENGTH(name), 1);
		PyObject *top = dot < 0 ? Py_NewRef(name) : PyUnicode_Substring(name, 0, dot);
		int known = top ? PySequence_Contains(names, top) : -1;

		if (!known)
			known = PyUnicode_EqualToUTF8(top, "__main__")
				|| PyUnicode_EqualToUTF8(top, "_factory")
				|| PyUnicode_EqualToUTF8(top, "_factory_library");
		Py_XDECREF(top);
		if (known <= 0)
			return known;
	}
	return 1;
}

/* Keeps an object visible for the collector. */
static void let_go(PyObject *object)
{
	PyObject_GC_UnTrack(object);
	PyObject_GC_Track(object);
}

static int may_be_in_a_cycle(PyObject *value)
{
	return value && value != Py_None && !PyUnicode_CheckExact(value) && !PyLong_Check(value)
		&& !PyModule_Check(value);
}

static int changed(PyDict_WatchEvent event, PyObject *dict, PyObject *key, PyObject *value)
{
	(void)event;
	(void)dict;
	(void)key;
	if (_Py_ModulesLeftAlone && may_be_in_a_cycle(value)) {
		_PyGC_Unfreeze(PyInterpreterState_Main());
		Py_CLEAR(_Py_ModulesLeftAlone);
	}
	return 0;
}

/* Lists the modules and watches their contents. sys and builtins are emptied at the end in any case,
   __main__ is the program's. */
static PyObject *watched(PyObject *imported, PyObject *main)
{
	PyObject *name, *module, *list = PyList_New(0);
	int watcher = PyDict_AddWatcher(changed);

	if (!list || watcher < 0)
		return NULL;
	for (Py_ssize_t at = 0; PyDict_Next(imported, &at, &name, &module);) {
		if (!PyModule_Check(module) || module == main || PyUnicode_EqualToUTF8(name, "sys")
			|| PyUnicode_EqualToUTF8(name, "builtins"))
			continue;
		if (PyList_Append(list, module) < 0
			|| PyDict_Watch(watcher, PyModule_GetDict(module)) < 0)
			return NULL;
	}
	return list;
}

int permanent_after_start(void)
{
	PyObject *imported = PyImport_GetModuleDict(), *main = PyImport_AddModule("__main__");
	PyObject *names = PySys_GetObject("stdlib_module_names");
	int ours = names && main ? only_ours(imported, names) : -1;

	if (ours <= 0) {
		_PyRuntime._main_interpreter.gc.generations[0].count = 0;
		return ours;
	}
	_Py_ModulesLeftAlone = watched(imported, main);
	if (!_Py_ModulesLeftAlone)
		return -1;
	_PyGC_Freeze(PyInterpreterState_Get());
	/* The program's own globals. */
	let_go(main);
	let_go(PyModule_GetDict(main));
	return 0;
}

#endif
