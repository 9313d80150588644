/* frozen_code: code objects in the form that pack_code.py writes.
   SPDX-License-Identifier: MIT

   marshal makes each object by itself and looks at what it was told; here all is known before, and
   what a module's code consists of stands in one piece of memory, in the order of its numbers. What
   can be made in no simpler way (numbers, sets) comes from CPython's own functions. Immortal
   objects: https://peps.python.org/pep-0683/ */
#define Py_BUILD_CORE 1
#include <Python.h>
#include <marshal.h>

#include "frozen_code.h"

/* freeze.py leaves what is older as marshal has it. */
#if PY_VERSION_HEX < 0x030d0000

PyObject *frozen_code_read(const unsigned char *data, size_t size, int forever)
{
	(void)forever;
	return PyMarshal_ReadObjectFromString((const char *)data, size);
}

#else

#include <internal/pycore_code.h>
#include <internal/pycore_frame.h>
#include <internal/pycore_gc.h>
#include <internal/pycore_interp.h>
#if PY_VERSION_HEX >= 0x030e0000
#include <internal/pycore_interpframe.h>
#endif
#include <internal/pycore_long.h>
#include <internal/pycore_unicodeobject.h>
#include <stdint.h>
#include <string.h>

#include "frozen_kinds.h"

struct frozen_head {
	uint32_t number, room, ascii, bytes, tuples, codes;
};

struct reader {
	const unsigned char *at;
	PyObject **objects;
	unsigned number; /* of the next object */
	char *memory;    /* NULL: each object has memory of its own */
	PyInterpreterState *interpreter;
};

#define TAKE(reader, type) \
	({ type taken; memcpy(&taken, (reader)->at, sizeof taken); (reader)->at += sizeof taken; taken; })

static PyObject *take_object(struct reader *reader)
{
	return reader->objects[TAKE(reader, uint16_t)];
}

static void *place(struct reader *reader, size_t size)
{
	void *here = reader->memory;

	reader->memory += (size + 7) & ~(size_t)7;
	return here;
}

static PyObject *const statics[] = {FROZEN_STATICS};

static PyObject *interned(struct reader *reader, PyObject *text)
{
	if (reader->memory)
		_PyUnicode_InternImmortal(reader->interpreter, &text);
	else
		_PyUnicode_InternMortal(reader->interpreter, &text);
	return text;
}

/* What intern_common() does, unicodeobject.c, with a string that is not freed by itself: in the state of
   a static one, for _PyUnicode_ClearInterned() makes the other immortal ones mortal (3.14). */
static PyObject *interned_here(struct reader *reader, PyObject *text)
{
	PyObject *strings = _Py_INTERP_CACHED_OBJECT(reader->interpreter, interned_strings);
	PyObject *there;

	switch (PyDict_SetDefaultRef(strings, text, text, &there)) {
	case 0:
		((PyASCIIObject *)text)->state.interned = SSTATE_INTERNED_IMMORTAL_STATIC;
		return text;
	case 1:
		return interned(reader, there);
	default:
		return NULL;
	}
}

static PyObject *ascii_here(struct reader *reader, size_t length)
{
	PyASCIIObject *made = place(reader, sizeof *made + length + 1);

	*made = (PyASCIIObject){
		.ob_base = PyObject_HEAD_INIT(&PyUnicode_Type)
		.length = length,
		.hash = -1,
		.state = {.kind = PyUnicode_1BYTE_KIND, .compact = 1, .ascii = 1},
	};
	return (PyObject *)made;
}

static PyObject *ascii(struct reader *reader, size_t length, int intern)
{
	char *before = reader->memory;
	PyObject *made = before && length ? ascii_here(reader, length) : PyUnicode_New(length, 127);

	if (!made || !length) /* there is one empty string */
		return made;
	memcpy(PyUnicode_1BYTE_DATA(made), reader->at, length);
	PyUnicode_1BYTE_DATA(made)[length] = 0;
	reader->at += length;
	if (intern) {
		PyObject *text = before ? interned_here(reader, made) : interned(reader, made);

		if (text != made && before)
			reader->memory = before;
		return text;
	}
	return made;
}

static PyObject *text(struct reader *reader)
{
	int intern = TAKE(reader, uint8_t);
	size_t size = TAKE(reader, uint32_t);
	const char *data = (const char *)reader->at;
	PyObject *made = PyUnicode_DecodeUTF8(data, size, "surrogatepass");

	reader->at += size;
	return made && intern ? interned(reader, made) : made;
}

static PyObject *bytes(struct reader *reader)
{
	size_t size = TAKE(reader, uint32_t);
	const char *data = (const char *)reader->at;
	PyBytesObject *made;

	reader->at += size;
	if (!reader->memory || size < 2) /* one byte: there is an object for each */
		return PyBytes_FromStringAndSize(data, size);
	made = place(reader, offsetof(PyBytesObject, ob_sval) + size + 1);
	*(PyVarObject *)made = (PyVarObject){PyObject_HEAD_INIT(&PyBytes_Type) .ob_size = size};
	_Py_COMP_DIAG_PUSH
	_Py_COMP_DIAG_IGNORE_DEPR_DECLS
	made->ob_shash = -1;
	_Py_COMP_DIAG_POP
	memcpy(made->ob_sval, data, size);
	made->ob_sval[size] = 0;
	return (PyObject *)made;
}

static PyObject *tuple(struct reader *reader)
{
	size_t size = TAKE(reader, uint16_t);
	PyTupleObject *made;

	if (!reader->memory) {
		PyObject *items = PyTuple_New(size);

		for (size_t i = 0; items && i < size; i++)
			PyTuple_SET_ITEM(items, i, Py_NewRef(take_object(reader)));
		return items;
	}
	memset(place(reader, sizeof(PyGC_Head)), 0, sizeof(PyGC_Head));
	made = place(reader, offsetof(PyTupleObject, ob_item) + size * sizeof(PyObject *));
	*(PyVarObject *)made = (PyVarObject){PyObject_HEAD_INIT(&PyTuple_Type) .ob_size = size};
#if PY_VERSION_HEX >= 0x030e0000
	made->ob_hash = -1;
#endif
	for (size_t i = 0; i < size; i++)
		made->ob_item[i] = take_object(reader);
	return (PyObject *)made;
}

static PyObject *set(struct reader *reader)
{
	size_t size = TAKE(reader, uint16_t);
	PyObject *made = PyFrozenSet_New(NULL);

	for (size_t i = 0; made && i < size; i++)
		if (PySet_Add(made, take_object(reader)) < 0)
			Py_CLEAR(made);
	return made;
}

static PyObject *slice(struct reader *reader)
{
	PyObject *start = take_object(reader), *stop = take_object(reader);

	return PySlice_New(start, stop, take_object(reader));
}

static PyObject *integer(struct reader *reader)
{
	size_t size = TAKE(reader, uint32_t);
	const unsigned char *data = reader->at;

	reader->at += size;
	return PyLong_FromNativeBytes(data, size, Py_ASNATIVEBYTES_LITTLE_ENDIAN);
}

struct code_record {
	uint16_t consts, names, exceptions, variables, kinds, filename, name, qualname, lines;
	uint16_t arguments, positional_only, keyword_only;
	uint16_t locals, cells, free;
	uint32_t units, flags, stack;
	int32_t line;
	uint32_t resume;
} __attribute__((packed));

/* What init_code() does, codeobject.c. */
static PyObject *code_here(struct reader *reader, const struct code_record *is)
{
	PyObject **objects = reader->objects;
	size_t size = is->units * sizeof(_Py_CODEUNIT), head = offsetof(PyCodeObject, co_code_adaptive);
	PyCodeObject *made = place(reader, head + size);
	uint32_t variables = PyTuple_GET_SIZE(objects[is->variables]);
	uint32_t *version = &reader->interpreter->func_state.next_version;

	memset(made, 0, head);
	*(PyVarObject *)made = (PyVarObject){PyObject_HEAD_INIT(&PyCode_Type) .ob_size = is->units};
	made->co_consts = objects[is->consts];
	made->co_names = objects[is->names];
	made->co_exceptiontable = objects[is->exceptions];
	made->co_flags = is->flags;
	made->co_argcount = is->arguments;
	made->co_posonlyargcount = is->positional_only;
	made->co_kwonlyargcount = is->keyword_only;
	made->co_stacksize = is->stack;
	made->co_firstlineno = is->line;
	made->co_nlocalsplus = variables;
	made->co_framesize = variables + is->stack + FRAME_SPECIALS_SIZE;
	made->co_nlocals = is->locals;
	made->co_ncellvars = is->cells;
	made->co_nfreevars = is->free;
	made->co_version = *version;
	if (*version)
		++*version;
	made->co_localsplusnames = objects[is->variables];
	made->co_localspluskinds = objects[is->kinds];
	made->co_filename = objects[is->filename];
	made->co_name = objects[is->name];
	made->co_qualname = objects[is->qualname];
	made->co_linetable = objects[is->lines];
	made->_co_firsttraceable = is->resume;
	memcpy(made->co_code_adaptive, reader->at, size);
	return (PyObject *)made;
}

static PyObject *code_alone(struct reader *reader, const struct code_record *is)
{
	PyObject **objects = reader->objects;
	struct _PyCodeConstructor all = {
		.filename = objects[is->filename],
		.name = objects[is->name],
		.qualname = objects[is->qualname],
		.flags = is->flags,
		.code = PyBytes_FromStringAndSize(
			(const char *)reader->at, is->units * sizeof(_Py_CODEUNIT)),
		.firstlineno = is->line,
		.linetable = objects[is->lines],
		.consts = objects[is->consts],
		.names = objects[is->names],
		.localsplusnames = objects[is->variables],
		.localspluskinds = objects[is->kinds],
		.argcount = is->arguments,
		.posonlyargcount = is->positional_only,
		.kwonlyargcount = is->keyword_only,
		.stacksize = is->stack,
		.exceptiontable = objects[is->exceptions],
	};
	PyObject *made = all.code ? (PyObject *)_PyCode_New(&all) : NULL;

	Py_XDECREF(all.code);
	return made;
}

static PyObject *code(struct reader *reader)
{
	struct code_record is = TAKE(reader, struct code_record);
	PyObject *made = reader->memory ? code_here(reader, &is) : code_alone(reader, &is);

	reader->at += is.units * sizeof(_Py_CODEUNIT);
	return made;
}

static PyObject *next(struct reader *reader)
{
	Py_complex pair;
	int intern;

	switch (TAKE(reader, uint8_t)) {
	case FROZEN_STATIC:
		return statics[TAKE(reader, uint16_t)];
	case FROZEN_NAME:
		return ascii(reader, TAKE(reader, uint16_t), 1);
	case FROZEN_ASCII:
		intern = TAKE(reader, uint8_t);
		return ascii(reader, TAKE(reader, uint32_t), intern);
	case FROZEN_TEXT:
		return text(reader);
	case FROZEN_CHARACTER:
		return PyUnicode_FromOrdinal(TAKE(reader, uint8_t));
	case FROZEN_BYTES:
		return bytes(reader);
	case FROZEN_INT:
		return PyLong_FromLongLong(TAKE(reader, int64_t));
	case FROZEN_LONG:
		return integer(reader);
	case FROZEN_FLOAT:
		return PyFloat_FromDouble(TAKE(reader, double));
	case FROZEN_COMPLEX:
		pair = TAKE(reader, Py_complex);
		return PyComplex_FromCComplex(pair);
	case FROZEN_TUPLE:
		return tuple(reader);
	case FROZEN_FROZENSET:
		return set(reader);
	case FROZEN_SLICE:
		return slice(reader);
	case FROZEN_CODE:
		return code(reader);
	}
	PyErr_SetString(PyExc_SystemError, "an object of an unknown kind in frozen code");
	return NULL;
}

static size_t size_of(const struct frozen_head *head)
{
	return head->room + head->ascii * sizeof(PyASCIIObject)
		+ head->bytes * offsetof(PyBytesObject, ob_sval)
		+ head->tuples * (sizeof(PyGC_Head) + offsetof(PyTupleObject, ob_item))
		+ head->codes * offsetof(PyCodeObject, co_code_adaptive);
}

/* Makes all objects; returns the last, or NULL. */
static PyObject *read_all(struct reader *reader, unsigned number)
{
	PyObject **objects = reader->objects;

	objects[FROZEN_IS_NONE] = Py_None;
	objects[FROZEN_IS_TRUE] = Py_True;
	objects[FROZEN_IS_FALSE] = Py_False;
	objects[FROZEN_IS_ELLIPSIS] = Py_Ellipsis;
	objects[FROZEN_IS_EMPTY_TUPLE] = PyTuple_New(0);
	for (reader->number = FROZEN_KNOWN; reader->number < number; reader->number++) {
		objects[reader->number] = next(reader);
		if (!objects[reader->number])
			return NULL;
	}
	return objects[number - 1];
}

PyObject *frozen_code_read(const unsigned char *data, size_t size, int forever)
{
	PyInterpreterState *interpreter = PyInterpreterState_Get();
	struct reader reader = {.at = data, .interpreter = interpreter};
	struct frozen_head head = TAKE(&reader, struct frozen_head);
	PyObject *last;

	(void)size;
	reader.objects = PyMem_Malloc(head.number * sizeof *reader.objects);
	/* A watcher of new code objects and -X no_debug_ranges are things of _PyCode_New(). */
	if (forever && interpreter == PyInterpreterState_Main() && !interpreter->active_code_watchers
		&& interpreter->config.code_debug_ranges)
		reader.memory = PyMem_RawMalloc(size_of(&head));
	if (!reader.objects)
		return PyErr_NoMemory();
	last = read_all(&reader, head.number);
	if (!reader.memory) {
		Py_XINCREF(last);
		while (reader.number > FROZEN_KNOWN)
			Py_DECREF(reader.objects[--reader.number]);
	}
	PyMem_Free(reader.objects);
	return last;
}

#endif
