"""Freeze a standard library: freeze.py OUTPUT DIRECTORY....

Runs inside the interpreter that is being built (no package of ours is importable there). Writes
`frozen.bin`, the marshalled code of every module one after the other, and `frozen.c`, the table
of `struct _frozen` that points into it.
https://docs.python.org/3/c-api/import.html#c._frozen
"""

import marshal
import sys
from pathlib import Path

# Left on disk: tests; programs that need Tk, which is not built in; what `pip` installs. CPython
# freezes __hello__ and __phello__ itself, for its tests.
LEFT_OUT = frozenset(
    {"test", "idlelib", "tkinter", "turtledemo", "turtle", "site-packages", "lib-dynload"}
    | {"__hello__", "__phello__"}
)

TABLE = """\
/* Generated: every module of the standard library, in frozen.bin. */
#include <Python.h>

__asm__(".section .rodata.factory_frozen, \\"a\\", @progbits\\n"
        ".balign 16\\n"
        "factory_frozen_code:\\n"
        ".incbin \\"frozen.bin\\"\\n"
        ".previous\\n");
extern const unsigned char factory_frozen_code[] __attribute__((visibility("hidden")));

const struct _frozen factory_frozen[] = {{
{rows}
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
    return marshal.dumps(marshal.loads(marshal.dumps(code)))


def main(output: Path, *directories: Path) -> None:
    """Write frozen.bin and frozen.c into `output`, with the modules of all directories."""
    rows = []
    offset = 0
    with (output / "frozen.bin").open("wb") as blob:
        for name, file, package in sorted(
            module for directory in directories for module in find_modules(directory)
        ):
            code = frozen_code(name, file)
            rows.append(
                f'\t{{.name = "{name}", .code = factory_frozen_code + {offset}, '
                f".size = {len(code)}, .is_package = {int(package)}}},"
            )
            offset += blob.write(code)
    (output / "frozen.c").write_text(TABLE.format(rows="\n".join(rows)), encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
