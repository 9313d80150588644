/* main: CPython with its standard library inside the executable.
   SPDX-License-Identifier: MIT */
#include <Python.h>
#include <stdio.h>

#include "factory_library.h"
#include "permanent.h"

/* platform.libc_ver() looks for this form of the libc's name in the executable (3.14 and newer). */
__attribute__((used, retain)) static const char libc_name[] = "musl-" MUSL_VERSION;

#if PY_VERSION_HEX >= 0x030d0000
extern int _Py_ProcessEnds; /* patches/cpython/0014 */
extern PyObject *(*_PyImport_FrozenCode)(PyObject *, const char *, Py_ssize_t); /* 0017 */
#else
static int _Py_ProcessEnds;
static PyObject *(*_PyImport_FrozenCode)(PyObject *, const char *, Py_ssize_t);
#endif

PyObject *PyInit__factory(void);

static void stop_on_failure(PyStatus status)
{
	if (PyStatus_Exception(status))
		Py_ExitStatusException(status);
}

int main(int argc, char **argv)
{
	PyConfig config;

	if (!factory_is_whole(&factory_at_start)) {
		fputs("python: " FACTORY_DAMAGED ": the library in it is not what was built; "
			FACTORY_ADVICE "\n", stderr);
		return 126;
	}
	_PyImport_FrozenCode = factory_frozen_code;
	PyImport_AppendInittab("_factory", PyInit__factory);
	PyConfig_InitPythonConfig(&config);
	/* No lib-dynload and, in the single file, no library on disk: nothing to warn about. */
	config.pathconfig_warnings = 0;
	stop_on_failure(PyConfig_SetBytesArgv(&config, argc, argv));
	permanent_before_start();
	stop_on_failure(Py_InitializeFromConfig(&config));
	PyConfig_Clear(&config);
	if (permanent_after_start() < 0)
		PyErr_Clear(); /* The collector visits all. */
	_Py_ProcessEnds = 1;
	return Py_RunMain();
}
