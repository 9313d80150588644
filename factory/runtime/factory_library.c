/* factory_library: the module `_factory`, which hands out what is inside the executable.
   SPDX-License-Identifier: MIT */
#include <Python.h>
#include <marshal.h>
#include <stdlib.h>
#include <string.h>

#include "factory_library.h"
#include "frozen_code.h"

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

static const struct factory_module *named(const char *text)
{
	return bsearch(text, factory_modules, factory_modules_number, sizeof *factory_modules, compare);
}

static const struct factory_module *find(PyObject *name)
{
	Py_ssize_t size;
	const char *text = PyUnicode_AsUTF8AndSize(name, &size);

	return text && strlen(text) == (size_t)size ? named(text) : NULL;
}

/* What the interpreter makes first has names of its own. */
static const struct factory_module *find_frozen(PyObject *name)
{
	const struct _module_alias *alias = _PyImport_FrozenAliases;

	for (; alias->name; alias++)
		if (alias->orig && PyUnicode_EqualToUTF8(name, alias->name))
			return named(alias->orig);
	return find(name);
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

static uint64_t mixed(uint64_t result, uint64_t value)
{
	result = (result ^ value) * 0x9e3779b97f4a7c15;
	return result ^ result >> 32;
}

/* freeze.py has the same function. Sums, and sums of sums, of every fourth word (as Adler's and
   Fletcher's of bytes): a start reads 400 kB, and vectors can add. One changed bit changes a
   sum of each kind. */
static uint64_t checksum(const uint64_t *words, size_t number)
{
	uint64_t sums[] = {1, 2, 3, 4}, sums_of_sums[4] = {0}, result = 0;

	for (size_t i = 0; i < number; i += 4)
		for (size_t lane = 0; lane < 4; lane++)
			sums_of_sums[lane] += sums[lane] += words[i + lane];
	for (size_t lane = 0; lane < 4; lane++)
		result = mixed(mixed(result, sums[lane]), sums_of_sums[lane]);
	return result;
}

int factory_is_whole(const struct factory_code *part)
{
	const uint64_t *words = (const uint64_t *)(factory_code + part->offset);

	return checksum(words, part->size / sizeof *words) == part->checksum;
}

static PyObject *damaged(PyObject *name)
{
	PyObject *message = PyUnicode_FromFormat(
		FACTORY_DAMAGED ": module %R in it is not what was built; " FACTORY_ADVICE, name);

	if (message)
		PyErr_SetImportError(message, name, NULL);
	Py_XDECREF(message);
	return NULL;
}

/* The second time is that of a program which removed the module: such a one may do so often. */
static PyObject *read_code(const struct factory_module *module)
{
	unsigned char *was_read = &factory_was_read[module - factory_modules];
	int forever = !*was_read;

	*was_read = 1;
	return frozen_code_read(
		factory_code + module->code.offset, module->code.size, forever);
}

static PyObject *code(PyObject *self, PyObject *name)
{
	const struct factory_module *module = find(name);

	(void)self;
	if (PyErr_Occurred())
		return NULL;
	if (!module)
		return PyErr_Format(PyExc_ImportError, "no module %R inside the executable", name);
	if (!factory_is_whole(&module->code))
		return damaged(name);
	return read_code(module);
}

PyObject *factory_frozen_code(PyObject *name, const char *data, Py_ssize_t size)
{
	const struct factory_module *module = find_frozen(name);

	if (PyErr_Occurred())
		return NULL;
	if (!module || data != (const char *)factory_code + module->code.offset)
		return PyMarshal_ReadObjectFromString(data, size);
	if (module->code.offset >= factory_at_start.size && !factory_is_whole(&module->code))
		return damaged(name);
	return read_code(module);
}

static int compare_keys(const void *key, const void *text)
{
	uint64_t wanted = *(const uint64_t *)key, found = ((const struct factory_text *)text)->key;

	return wanted < found ? -1 : wanted > found;
}

static const struct factory_text *find_text(PyObject *text)
{
	Py_ssize_t size;
	const char *data = PyUnicode_AsUTF8AndSize(text, &size);
	size_t words = data ? ((size_t)size + 31) / 32 * 4 : 0;
	uint64_t key, *filled = data ? PyMem_Calloc(words ? words : 1, sizeof *filled) : NULL;

	if (!filled)
		return NULL;
	memcpy(filled, data, size);
	key = checksum(filled, words);
	PyMem_Free(filled);
	return bsearch(&key, factory_texts, factory_texts_number, sizeof *factory_texts, compare_keys);
}

static PyObject *compiled(PyObject *self, PyObject *text)
{
	const struct factory_text *found = PyUnicode_CheckExact(text) ? find_text(text) : NULL;
	PyObject *made = NULL, *constants;

	(void)self;
	if (found && factory_is_whole(&found->code))
		made = frozen_code_read(factory_code + found->code.offset, found->code.size, 0);
	if (made) {
		constants = ((PyCodeObject *)made)->co_consts;
		if (PyUnicode_Compare(PyTuple_GET_ITEM(constants, PyTuple_GET_SIZE(constants) - 1), text))
			Py_CLEAR(made);
	}
	PyErr_Clear(); /* Whoever compiles the text says what is wrong. */
	return made ? made : Py_NewRef(text);
}

static PyObject *libc(PyObject *module, PyObject *unused)
{
	(void)module;
	(void)unused;
	return Py_BuildValue("ss", "musl", MUSL_VERSION);
}

static PyMethodDef methods[] = {
	{"is_package", is_package, METH_O,
		"Tell whether a module of the standard library is a package; None: there is none."},
	{"code", code, METH_O, "Return the code object of a module of the standard library."},
	{"compiled", compiled, METH_O,
		"Return the code of a text that the library compiles while it is imported, or the text."},
	{"libc", libc, METH_NOARGS, "Return name and version of the libc inside."},
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
