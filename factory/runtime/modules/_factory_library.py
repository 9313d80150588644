"""The files of the standard library that are inside the executable: sources and data.

Frozen into the executable; nothing imports it at start-up. A file's name here is its path below the
directory of the standard library, such as `json/decoder.py`, which need not exist on disk.
`tzdata/` is the package of that name, for hosts without a time zone database. What is here is
called by patches/cpython/0001, 0004 and 0008.

The layout is that of `factory/stdlib/embed.py`: the size and the CRC-32 of the index (4 bytes each,
little endian), the index (marshal), and compressed blocks (xz).
"""

from __future__ import annotations

import _imp
import marshal
import sys
from functools import cache, lru_cache
from importlib.machinery import ModuleSpec

import _factory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@cache
def _index() -> tuple[dict[str, tuple[int, int, int]], tuple[tuple[int, int], ...], int]:
    """Return ({file: (block, start, end)}, ((offset, size), ...)) and where the blocks begin."""
    import zlib

    data = _factory.files()
    size, checksum = (int.from_bytes(data[start : start + 4], "little") for start in (0, 4))
    index = data[8 : 8 + size]
    if zlib.crc32(index) != checksum:
        raise _damaged("the list of its files")
    files, blocks = marshal.loads(index)
    return files, blocks, 8 + size


def _damaged(what: str) -> OSError:
    advice = "copy or download it again and compare its SHA-256"
    return OSError(5, f"the executable is damaged: {what} is not what was built; {advice}")


@cache
def _directories() -> dict[str, set[str]]:
    """Map every directory to the names in it."""
    found: dict[str, set[str]] = {}
    for file in _index()[0]:
        parent, _, name = file.rpartition("/")
        while name not in found.setdefault(parent, set()):
            found[parent].add(name)
            if not parent:
                break
            parent, _, name = parent.rpartition("/")
    return found


# Neighbours are in one block: a traceback reads few of them.
@lru_cache(maxsize=4)
def _block(number: int) -> bytes:
    import lzma

    _, blocks, start = _index()
    offset, size = blocks[number]
    try:
        return lzma.decompress(_factory.files()[start + offset : start + offset + size])
    except lzma.LZMAError:
        raise _damaged("one of its files") from None


def read(file: str) -> bytes:
    """Return the bytes of a file; FileNotFoundError where there is none."""
    try:
        number, start, end = _index()[0][file]
    except KeyError:
        raise FileNotFoundError(2, "no such file inside the executable", file) from None
    return _block(number)[start:end]


def is_file(file: str) -> bool:
    """Tell whether there is a file of that name."""
    return file in _index()[0]


def is_directory(name: str) -> bool:
    """Tell whether there is a directory of that name; "" is the library's own."""
    return name in _directories()


def names(directory: str) -> list[str]:
    """Return the sorted names in a directory."""
    return sorted(_directories()[directory])


def library() -> str:
    """Return the directory of the standard library, which need not exist."""
    return sys._stdlib_dir  # type: ignore[attr-defined,no-any-return]


def relative(path: object) -> str | None:
    """Give the name that a path below the library's directory has here; None for any other."""
    if not library() or not isinstance(path, str):
        return None
    if path == library():
        return ""
    return path[len(library()) + 1 :] if path.startswith(library() + "/") else None


def get_data(path: str) -> bytes:
    """Do the work of a loader's get_data() for a frozen module."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        name = relative(path)
        if name is None or not is_file(name):
            raise
        return read(name)


def get_source(fullname: str) -> str | None:
    """Return the source of a frozen module as text; None where there is none."""
    found = _imp.find_frozen(fullname)
    assert found is not None  # FrozenImporter has asked
    _, package, origin = found
    name = (origin or fullname).removeprefix("<").replace(".", "/")
    file = f"{name}/__init__.py" if package or (origin or "").startswith("<") else f"{name}.py"
    if not is_file(file):
        return None
    from importlib.util import decode_source

    return decode_source(read(file))


def iter_modules(path: str, prefix: str = "") -> Iterator[tuple[str, bool]]:
    """Yield (name, is a package) of the modules in a directory, as pkgutil asks for."""
    directory = relative(path)
    if directory is None or not is_directory(directory):
        return
    for name in names(directory):
        below = f"{directory}/{name}" if directory else name
        module = name.removesuffix(".py")
        if is_file(f"{below}/__init__.py"):
            yield prefix + name, True
        elif module not in (name, "__init__") and "." not in module:
            yield prefix + module, False


def find_spec(fullname: str) -> ModuleSpec | None:
    """Find `tzdata`, and `pip` where there is nothing but the executable.

    A tree, a virtual environment and the `embed` flavor say themselves whether they have pip.
    """
    if fullname == "pip":
        return _pip() if _alone() else None
    directory = fullname.replace(".", "/")
    if not directory.startswith("tzdata") or not is_directory(directory):
        return None
    from _factory_resources import DataLoader

    spec = ModuleSpec(fullname, DataLoader(), is_package=True)
    spec.submodule_search_locations = [f"{library()}/{directory}"]
    return spec


def _alone() -> bool:
    from os.path import isfile, realpath

    others = (f"{place}._pth" for place in (sys.executable, realpath(sys.executable)))
    return sys.prefix == sys.base_prefix and not any(map(isfile, (f"{library()}/os.py", *others)))


@cache
def _pip() -> ModuleSpec | None:
    """Write the wheel of ensurepip to a temporary directory and find pip in it."""
    import atexit
    import os
    import shutil
    import tempfile
    import zipimport

    folder, maker = tempfile.mkdtemp(prefix="pip-"), os.getpid()

    @atexit.register
    def remove() -> None:
        if os.getpid() == maker:  # and not a fork of it
            shutil.rmtree(folder, ignore_errors=True)

    (wheel,) = (name for name in _index()[0] if name.endswith(".whl"))
    place = os.path.join(folder, os.path.basename(wheel))
    with open(place, "wb") as file:
        file.write(read(wheel))
    return zipimport.zipimporter(place).find_spec("pip")
