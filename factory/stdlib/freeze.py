"""Freeze a standard library: freeze.py OUTPUT HEADER DIRECTORY....

Runs inside the interpreter that is being built (no package of ours is importable there). Writes
`frozen.bin`, the code of every module one after the other, and `frozen.c`, the tables that point
into it: one of all modules, for the path entry finder of the library's directory
(patches/cpython/0004), and those of CPython's own Python/frozen.c, which is not linked then.
`frozen_kinds.h` says how to read the code. HEADER lists the strings that the interpreter has.
https://docs.python.org/3/c-api/import.html#c._frozen
"""

import _imp
import marshal
import struct
import sys
from operator import mul
from pathlib import Path

# Beside this file, where a script finds them and mypy does not.
import pack_code  # type: ignore[import-not-found]
import statics  # type: ignore[import-not-found]
import texts  # type: ignore[import-not-found]

# Left on disk: tests; programs that need Tk, which is not built in; what `pip` installs; what
# CPython freezes for its tests.
LEFT_OUT = frozenset(
    {"test", "idlelib", "tkinter", "turtledemo", "turtle", "site-packages", "lib-dynload"}
    | {"__hello__", "__phello__"}
)

# What the interpreter makes of the import system before anything can be imported.
BOOTSTRAP = {
    "_frozen_importlib": "importlib._bootstrap",
    "_frozen_importlib_external": "importlib._bootstrap_external",
    "zipimport": "zipimport",
}

# Imported while the interpreter starts, before anything of the user could take their place. With
# those that CPython itself freezes they are in its own table, which is asked first.
AT_START = (
    *("encodings", "encodings.aliases", "encodings.ascii", "encodings.latin_1", "encodings.utf_8"),
    *("_factory_library", "_factory_resources"),
)
# Of all these, what most starts do not import.
RARELY = frozenset(
    {"encodings.ascii", "encodings.latin_1", "_factory_library", "_factory_resources"}
    | {"importlib.machinery", "importlib.util", "ntpath", "runpy"}
)

PRIME = 0x9E3779B97F4A7C15  # 2**64 divided by the golden ratio

TABLE = """\
/* Generated: every module of the standard library, in frozen.bin. */
#include <Python.h>
#include "factory_library.h"

__asm__(".section .rodata.factory_frozen, \\"a\\", @progbits\\n"
        ".balign 32\\n"
        ".globl factory_code\\n"
        ".hidden factory_code\\n"
        "factory_code:\\n"
        ".incbin \\"frozen.bin\\"\\n"
        ".previous\\n");

/* Sorted by name. */
const struct factory_module factory_modules[] = {{
{modules}
}};
const size_t factory_modules_number = sizeof factory_modules / sizeof *factory_modules;
unsigned char factory_was_read[sizeof factory_modules / sizeof *factory_modules];

/* What modules compile while they are imported, sorted by the checksum of the text. */
const struct factory_text factory_texts[] = {{
{texts}
	{{0}}
}};
const size_t factory_texts_number = sizeof factory_texts / sizeof *factory_texts - 1;

const struct factory_code factory_at_start = {at_start};

/* The tables of Python/frozen.c. */
static const struct _frozen bootstrap[] = {{
{bootstrap}
\t{{0}}
}}, at_start[] = {{
{frozen}
\t{{0}}
}}, for_tests[] = {{
{for_tests}
\t{{0}}
}};
const struct _frozen *_PyImport_FrozenBootstrap = bootstrap;
const struct _frozen *_PyImport_FrozenStdlib = at_start;
const struct _frozen *_PyImport_FrozenTest = for_tests;
const struct _frozen *PyImport_FrozenModules = NULL;

static const struct _module_alias aliases[] = {{
{aliases}
\t{{"__hello_alias__", "__hello__"}},
\t{{"__phello_alias__", "__hello__"}},
\t{{"__phello_alias__.spam", "__hello__"}},
\t{{"__phello__.__init__", "<__phello__"}},
\t{{"__phello__.ham.__init__", "<__phello__.ham"}},
\t{{"__hello_only__", NULL}},
\t{{0}}
}};
const struct _module_alias *_PyImport_FrozenAliases = aliases;
"""


def find_modules(library: Path) -> list[tuple[str, Path, bool]]:
    """List (module name, file, is a package) in the order of the names."""
    found = []
    for file in library.rglob("*.py"):
        parts = list(file.relative_to(library).with_suffix("").parts)
        if LEFT_OUT.intersection(parts) or parts[0].startswith("config-"):
            continue
        package = parts[-1] == "__init__"
        if package:
            parts.pop()
        if all(part.isidentifier() for part in parts) or parts[0].startswith("_sysconfigdata"):
            found.append((".".join(parts), file, package))
    return sorted(found)


def frozen_code(name: str, file: Path, strings: dict[str, int]) -> bytes:
    """Compile one module; its file name is the one that frozen modules have in CPython."""
    code = compile(file.read_bytes(), f"<frozen {name}>", "exec", dont_inherit=True, optimize=0)
    # Once more through marshal: which objects are shared must not depend on reference counts.
    code = marshal.loads(marshal.dumps(code))
    if sys.version_info < (3, 13):
        return marshal.dumps(code)
    packed: bytes = pack_code.pack(code, strings)
    return packed


def row(name: str, place: int, size: int, package: bool) -> str:
    """Write a struct _frozen."""
    return (
        f'\t{{.name = "{name}", .code = factory_code + {place}, '
        f".size = {size}, .is_package = {int(package)}}},"
    )


def part(data: bytes, offset: int) -> str:
    """Write a struct factory_code."""
    return f"{{{checksum(data):#x}, {offset}, {len(data)}}}"


def checksum(data: bytes) -> int:
    """Do what factory_library.c does."""
    words = struct.unpack(f"<{len(data) // 8}Q", data)
    result = 0
    for lane in range(4):
        every_fourth = words[lane::4]
        count = len(every_fourth)
        total = lane + 1 + sum(every_fourth)
        totals = (lane + 1) * count + sum(map(mul, every_fourth, range(count, 0, -1)))
        result = mixed(mixed(result, total), totals)
    return result


def mixed(result: int, value: int) -> int:
    """Mix a sum into a result of 64 bits."""
    result = (result ^ value % 2**64) * PRIME % 2**64
    return result ^ result >> 32


def add_texts(blob: bytearray, found: list[tuple[str, Path, bool]], strings: dict[str, int]) -> str:
    """Append the code of texts to the blob, and return the rows of their table."""
    rows = {}
    for text, code in texts.compiled(found) if sys.version_info >= (3, 13) else ():
        packed = _filled(pack_code.pack(marshal.loads(marshal.dumps(code)), strings))
        key = checksum(_filled(text.encode()))
        rows[key] = f"\t{{{key:#x}, {part(packed, len(blob))}}},"
        blob += packed
    return "\n".join(row for _, row in sorted(rows.items()))


def add_modules_for_tests(blob: bytearray) -> str:
    """Append what this Python has frozen for its tests, and return the rows of their table."""
    rows = []
    for name in _imp._frozen_module_names():  # type: ignore[attr-defined]
        if name.startswith(("__hello", "__phello")):
            code = marshal.dumps(marshal.loads(marshal.dumps(_imp.get_frozen_object(name))))
            rows.append(row(name, len(blob), len(code), _imp.is_frozen_package(name)))
            blob += _filled(code)
    return "\n".join(rows)


def _filled(data: bytes) -> bytes:
    return data + bytes(-len(data) % 32)


def main(output: Path, header: Path, *directories: Path) -> None:
    """Write frozen.bin and frozen.c into `output`, with the modules of all directories."""
    static = statics.static_strings(header.read_text(encoding="utf-8"))
    strings = {text: number for number, text in enumerate(static)}
    names = {*AT_START, *_imp._frozen_module_names()}  # type: ignore[attr-defined]
    names |= set(BOOTSTRAP.values())
    found = [module for directory in directories for module in find_modules(directory)]
    modules, places = {}, {}
    blob = bytearray()
    at_start = ""
    # What a start needs comes first: it is checked as one part.
    always = names - RARELY
    for name, file, package in sorted(found, key=lambda module: (module[0] not in always, module)):
        if name not in always and not at_start:
            at_start = part(bytes(blob), 0)
        code = _filled(frozen_code(name, file, strings))
        modules[name] = f'\t{{"{name}", {part(code, len(blob))}, {int(package)}}},'
        if name in names:
            places[name] = (len(blob), len(code), package)
        blob += code
    bootstrap = [row(name, *places.pop(module)) for name, module in BOOTSTRAP.items()]
    frozen = [row(name, *place) for name, place in places.items()]
    renamed = [(name, module) for name, module in BOOTSTRAP.items() if name != module]
    text_rows = add_texts(blob, found, strings)
    for_tests = add_modules_for_tests(blob)
    (output / "frozen.bin").write_bytes(blob)
    text = TABLE.format(
        texts=text_rows,
        modules="\n".join(modules[name] for name in sorted(modules)),
        bootstrap="\n".join(bootstrap),
        frozen="\n".join(frozen),
        for_tests=for_tests,
        aliases="\n".join(f'\t{{"{name}", "{module}"}},' for name, module in renamed),
        at_start=at_start,
    )
    (output / "frozen.c").write_text(text, encoding="utf-8")
    (output / "frozen_kinds.h").write_text(pack_code.tags(static.values()), encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
