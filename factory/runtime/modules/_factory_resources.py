"""Resources (importlib.resources) and data packages among the files inside the executable.

Frozen into the executable; patches/cpython/0001 imports it when somebody asks for the resources of
a package that has no directory on disk.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from contextlib import contextmanager
from importlib.abc import Loader
from importlib.resources import as_file
from importlib.resources.abc import Traversable, TraversableResources
from pathlib import Path

import _factory_library as library

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType
    from typing import Any


class Inside(Traversable):
    """A file or directory, whether or not it is there."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __repr__(self) -> str:
        return f"<{self._path} inside {sys.executable}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Inside) and other._path == self._path

    def __hash__(self) -> int:
        return hash(self._path)

    @property
    def name(self) -> str:
        return self._path.rpartition("/")[2]

    def is_dir(self) -> bool:
        return library.is_directory(self._path)

    def is_file(self) -> bool:
        return library.is_file(self._path)

    def iterdir(self) -> Iterator[Inside]:
        if not self.is_dir():
            raise NotADirectoryError(20, "no such directory inside the executable", self._path)
        return (Inside(f"{self._path}/{name}") for name in library.names(self._path))

    def joinpath(self, *descendants: str | os.PathLike[str]) -> Inside:
        parts = [self._path, *(part for one in descendants for part in os.fspath(one).split("/"))]
        return Inside("/".join(part for part in parts if part and part != "."))

    def __truediv__(self, child: str | os.PathLike[str]) -> Inside:
        return self.joinpath(child)

    def read_bytes(self) -> bytes:
        return library.read(self._path)

    def read_text(self, encoding: str | None = None, errors: str | None = None) -> str:
        return self.read_bytes().decode(encoding or "utf-8", errors or "strict")

    def open(self, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        content = io.BytesIO(library.read(self._path))
        return content if "b" in mode else io.TextIOWrapper(content, *arguments, **options)


@contextmanager
def _as_file(path: Inside) -> Iterator[Path]:
    """Write a file or directory to a temporary place, under its own name: a wheel's counts."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, path.name)
        _write(path, place)
        yield place


as_file.register(Inside, _as_file)  # type: ignore[attr-defined]


def _write(path: Inside, place: Path) -> None:
    if path.is_dir():
        place.mkdir()
        for child in path.iterdir():
            _write(child, place / child.name)
    else:
        place.write_bytes(path.read_bytes())


class Resources(TraversableResources):
    """The reader of one package."""

    def __init__(self, directory: str) -> None:
        self._directory = directory

    def files(self) -> Inside:
        return Inside(self._directory)


def get_resource_reader(fullname: str) -> Resources | None:
    """Return a reader for the files of a package; None where there are none."""
    directory = fullname.replace(".", "/")
    return Resources(directory) if library.is_directory(directory) else None


class DataLoader(Loader):
    """The loader of a package that has data and, at most, an __init__.py."""

    def exec_module(self, module: ModuleType) -> None:
        file = module.__name__.replace(".", "/") + "/__init__.py"
        if library.is_file(file):
            exec(compile(library.read(file), file, "exec"), module.__dict__)

    def get_resource_reader(self, fullname: str) -> Resources | None:
        return get_resource_reader(fullname)
