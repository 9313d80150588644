"""ctypes: the process itself as a library, and calls from C back into Python."""

from __future__ import annotations

import ctypes
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_double, c_int, c_size_t, c_void_p


def probe_callback() -> str:
    """Have libc's qsort call a Python function."""
    compare_type = CFUNCTYPE(c_int, POINTER(c_int), POINTER(c_int))
    numbers = (c_int * 6)(5, 1, 4, 2, 6, 3)
    calls = []

    def compare(left: ctypes._Pointer[c_int], right: ctypes._Pointer[c_int]) -> int:
        calls.append(1)
        return int(left[0]) - int(right[0])

    qsort = ctypes.CDLL(None).qsort
    qsort.restype = None
    qsort.argtypes = [c_void_p, c_size_t, c_size_t, compare_type]
    qsort(numbers, len(numbers), ctypes.sizeof(c_int), compare_type(compare))
    if list(numbers) != [1, 2, 3, 4, 5, 6]:
        raise AssertionError(f"qsort gave {list(numbers)}")
    return f"qsort called back {len(calls)} times"


def probe_float_arguments() -> str:
    """Pass and return floating point numbers."""
    strtod = ctypes.CDLL(None).strtod
    strtod.restype = c_double
    strtod.argtypes = [c_char_p, c_void_p]
    value = strtod(b"2.5", None)
    if value != 2.5:
        raise AssertionError(f"strtod gave {value}")
    return "strtod"


def probe_python_api() -> str:
    """Call the interpreter's own C API."""
    get_version = ctypes.pythonapi.Py_GetVersion
    get_version.restype = c_char_p
    return f"Py_GetVersion: {get_version().decode().split()[0]}"
