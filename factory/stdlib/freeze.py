"""Freeze a standard library: freeze.py OUTPUT DIRECTORY....

Runs inside the interpreter that is being built (no package of ours is importable there). Writes
`frozen.bin`, the code of every module one after the other, and `frozen.c`, the tables that point
into it: one of all modules, for the path entry finder of the library's directory
(patches/cpython/0004), and one for FrozenImporter. `frozen_kinds.h` says how to read the code.
https://docs.python.org/3/c-api/import.html#c._frozen
"""

import _imp
import marshal
import struct
import sys
from pathlib import Path

# Beside this file, where a script finds them and mypy does not.
import pack_code  # type: ignore[import-not-found]
import texts  # type: ignore[import-not-found]

# Left on disk: tests; programs that need Tk, which is not built in; what `pip` installs. CPython
# freezes __hello__ and __phello__ itself, for its tests.
LEFT_OUT = frozenset(
    {"test", "idlelib", "tkinter", "turtledemo", "turtle", "site-packages", "lib-dynload"}
    | {"__hello__", "__phello__"}
)

# Imported while the interpreter starts, before anything of the user could take their place. With
# those that CPython itself freezes they are in its own table, which is asked first.
AT_START = (
    *("encodings", "encodings.aliases", "encodings.ascii", "encodings.latin_1", "encodings.utf_8"),
    *("_factory_library", "_factory_resources"),
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

const struct _frozen factory_frozen[] = {{
{frozen}
\t{{0}}
}};
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


def frozen_code(name: str, file: Path) -> bytes:
    """Compile one module; its file name is the one that frozen modules have in CPython."""
    code = compile(file.read_bytes(), f"<frozen {name}>", "exec", dont_inherit=True, optimize=0)
    # Once more through marshal: which objects are shared must not depend on reference counts.
    code = marshal.loads(marshal.dumps(code))
    return pack_code.pack(code) if sys.version_info >= (3, 13) else marshal.dumps(code)


def part(data: bytes, offset: int) -> str:
    """Write a struct factory_code."""
    return f"{{{checksum(data):#x}, {offset}, {len(data)}}}"


def checksum(data: bytes) -> int:
    """Do what factory_library.c does."""
    lanes = [1, 2, 3, 4]
    for words in struct.iter_unpack("<4Q", data):
        mixed = [((lane ^ word) * PRIME) % 2**64 for lane, word in zip(lanes, words, strict=True)]
        lanes = [lane ^ lane >> 32 for lane in mixed]
    result = lanes[0]
    for lane in lanes[1:]:
        result = (result * PRIME) % 2**64 ^ lane
    return result


def add_texts(blob: bytearray, found: list[tuple[str, Path, bool]]) -> str:
    """Append the code of texts to the blob, and return the rows of their table."""
    rows = {}
    for text, code in texts.compiled(found) if sys.version_info >= (3, 13) else ():
        packed = _filled(pack_code.pack(marshal.loads(marshal.dumps(code))))
        key = checksum(_filled(text.encode()))
        rows[key] = f"\t{{{key:#x}, {part(packed, len(blob))}}},"
        blob += packed
    return "\n".join(row for _, row in sorted(rows.items()))


def _filled(data: bytes) -> bytes:
    return data + bytes(-len(data) % 32)


def main(output: Path, *directories: Path) -> None:
    """Write frozen.bin and frozen.c into `output`, with the modules of all directories."""
    names = {*AT_START, *_imp._frozen_module_names()}  # type: ignore[attr-defined]
    found = [module for directory in directories for module in find_modules(directory)]
    modules, frozen = {}, []
    blob = bytearray()
    at_start = ""
    # What a start needs comes first: it is checked as one part.
    for name, file, package in sorted(found, key=lambda module: (module[0] not in names, module)):
        if name not in names and not at_start:
            at_start = part(bytes(blob), 0)
        code = _filled(frozen_code(name, file))
        modules[name] = f'\t{{"{name}", {part(code, len(blob))}, {int(package)}}},'
        if name in names:
            frozen.append(
                f'\t{{.name = "{name}", .code = factory_code + {len(blob)}, '
                f".size = {len(code)}, .is_package = {int(package)}}},"
            )
        blob += code
    rows = add_texts(blob, found)
    (output / "frozen.bin").write_bytes(blob)
    text = TABLE.format(
        texts=rows,
        modules="\n".join(modules[name] for name in sorted(modules)),
        frozen="\n".join(frozen),
        at_start=at_start,
    )
    (output / "frozen.c").write_text(text, encoding="utf-8")
    (output / "frozen_kinds.h").write_text(pack_code.tags(), encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
