"""Threads, with stacks that deep recursion fits in."""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

_WANTED_STACK = 8 * 1024 * 1024
_DEPTH = 1000
# Some releases count C calls and stop early; this depth is still more than 128 KiB can hold.
_DEPTH_ENOUGH = 400


def _in_thread(function: Callable[[], str]) -> str:
    """Run in a plain thread and give back its result or raise its exception."""
    results: list[str] = []
    errors: list[BaseException] = []

    def body() -> None:
        try:
            results.append(function())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def _stack_size() -> str:
    libc = ctypes.CDLL(None)
    attributes = ctypes.create_string_buffer(256)
    size = ctypes.c_size_t()
    libc.pthread_self.restype = ctypes.c_void_p
    libc.pthread_getattr_np.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    if libc.pthread_getattr_np(libc.pthread_self(), attributes) != 0:
        raise AssertionError("pthread_getattr_np failed")
    libc.pthread_attr_getstacksize(attributes, ctypes.byref(size))
    # musl takes guard page and thread descriptor from the same mapping.
    if size.value < _WANTED_STACK - 64 * 1024:
        raise AssertionError(f"a thread has {size.value} bytes of stack")
    return f"{size.value // 1024} KiB of stack"


def _recurse_through_c(depth: int) -> int:
    """Recurse by way of a C function, so that each level takes C stack; give the depth reached."""
    if depth == 0:
        return 0
    try:
        return max(map(_recurse_through_c, [depth - 1])) + 1
    except RecursionError:
        return 0


def _recursion() -> str:
    reached = _recurse_through_c(_DEPTH)
    if reached < _DEPTH_ENOUGH:
        raise AssertionError(f"recursion ended at {reached}")
    return f"{reached} C calls deep"


def _endless() -> str:
    def forever(depth: int) -> int:
        return max(map(forever, [depth + 1]))

    try:
        forever(0)
    except RecursionError:
        return "RecursionError, no crash"
    raise AssertionError("endless recursion ended")


def probe_stack_size() -> str:
    """Ask libc for the size of a thread's stack."""
    return _in_thread(_stack_size)


def probe_deep_recursion() -> str:
    """Recurse deeply in a thread."""
    sys.setrecursionlimit(3 * _DEPTH)
    return _in_thread(_recursion)


def probe_endless_recursion() -> str:
    """Recurse without end in a thread: an exception, not a crash."""
    sys.setrecursionlimit(3 * _DEPTH)
    return _in_thread(_endless)


def probe_pool() -> str:
    """Let many threads work."""
    with ThreadPoolExecutor(16) as pool:
        total = sum(pool.map(len, [b"x" * size for size in range(500)]))
    if total != 124750:
        raise AssertionError(f"the sum is {total}")
    return "16 threads"
