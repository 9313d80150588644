"""Use cffi: call into the libc inside the executable, callbacks, structures."""

import cffi


def probe_calls() -> str:
    """Call functions of the running program, and be called back by one."""
    ffi = cffi.FFI()
    ffi.cdef(
        """
        size_t strlen(const char *);
        double atof(const char *);
        int snprintf(char *, size_t, const char *, ...);
        void qsort(void *, size_t, size_t, int (*)(const void *, const void *));
        typedef struct { int year; double value; char name[8]; } row;
        """
    )
    libc = ffi.dlopen(None)
    assert libc.strlen(b"hello") == 5
    assert libc.atof(b"2.5") == 2.5
    buffer = ffi.new("char[]", 40)
    libc.snprintf(buffer, 40, b"%d %s", ffi.cast("int", 7), ffi.new("char[]", b"seven"))
    assert ffi.string(buffer) == b"7 seven"

    @ffi.callback("int(const void *, const void *)")
    def compare(a: object, b: object) -> int:
        return int(ffi.cast("int *", a)[0] - ffi.cast("int *", b)[0])

    numbers = ffi.new("int[]", [3, 1, 2])
    libc.qsort(numbers, 3, ffi.sizeof("int"), compare)
    assert list(numbers) == [1, 2, 3]
    row = ffi.new("row *", {"year": 2024, "value": 1.5, "name": b"abc"})
    assert (row.year, row.value, ffi.string(row.name)) == (2024, 1.5, b"abc")
    return "libc was called, and called back"
