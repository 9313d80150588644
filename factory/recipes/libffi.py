"""libffi, compiled directly: Debian's archive has no configure, and none is needed.

`ffi.h` is the template `ffi.h.in` with what libffi's configure.ac would fill in; the prepared
`fficonfig.h` in runtime/libffi/ says the rest.
"""

from __future__ import annotations

from factory.model.plan import Command
from factory.model.recipe import Component
from factory.recipes import direct
from factory.recipes.base import Platform, option

KEYS = direct.KEYS | {"ffi_target"}


def commands(component: Component, platform: Platform) -> tuple[Command, ...]:
    """Fill in the header, then compile."""
    (target,) = option(component, "ffi_target", platform)
    values = {
        "TARGET": target,
        "VERSION": component.source.version,
        "FFI_VERSION_STRING": component.source.version,
        "FFI_VERSION_NUMBER": _number(component.source.version),
        "HAVE_LONG_DOUBLE": "1",
        "FFI_EXEC_TRAMPOLINE_TABLE": "0",
    }
    script = tuple(part for k, v in values.items() for part in ("-e", f"s/@{k}@/{v}/g"))
    fill_in = Command(argv=("sed", *script, "../src/include/ffi.h.in"), stdout="src/include/ffi.h")
    return (fill_in, *direct.commands(component, platform))


def _number(version: str) -> str:
    """Write 3.8.0 as configure.ac does: 30800."""
    major, minor, patch = (*map(int, version.split(".")), 0, 0)[:3]
    return str(major * 10000 + minor * 100 + patch)
