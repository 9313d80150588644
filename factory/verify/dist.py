"""Open what `verify` is given: an archive, an unpacked tree or a bare executable."""

from __future__ import annotations

import lzma
import os
import re
import shutil
import stat
import zlib
from dataclasses import dataclass
from pathlib import Path

from factory.archives import tarfile
from factory.errors import UsageError, VerificationError
from factory.model.arch import Arch

_LABEL = re.compile(
    r"cpython-(?P<version>(?P<minor>3\.\d+)\.\d+(?:(?:a|b|rc)\d+)?)"
    r"(?:\+(?P<tag>[^-]+))?-(?P<machine>[^-]+)-unknown-linux-musl"
)
_ARCHIVE = re.compile(r"\.(tar|tar\.(gz|xz|bz2|zst)|tgz)$")
_INTERPRETER = re.compile(r"python(3\.\d+)t?$")


class DistError(VerificationError):
    """The artifact cannot be opened, or there is no interpreter in it."""


@dataclass(frozen=True, kw_only=True)
class Label:
    """What the file name of an artifact claims: exact version and architecture."""

    version: str
    machine: str

    @classmethod
    def of(cls, name: str) -> Label | None:
        """Read the name of an artifact; None when it is no such name."""
        found = _LABEL.match(name)
        return cls(version=found["version"], machine=found["machine"]) if found else None

    @property
    def arch(self) -> Arch | None:
        """The architecture, when the factory knows it."""
        return next((arch for arch in Arch if arch.machine == self.machine), None)


@dataclass(frozen=True, kw_only=True)
class Dist:
    """One distribution laid open on disk.

    `root` is the directory with `bin/` and `lib/`, or that with a `._pth` file (`embedded`); None
    for a bare executable. `promised` names the extension modules that the build promised; None
    leaves that to the policy. A `disposable` tree may be written to. `notes` are oddities met while
    opening it.
    """

    subject: str
    root: Path | None
    executable: Path
    label: Label | None = None
    promised: frozenset[str] | None = None
    disposable: bool = False
    notes: tuple[str, ...] = ()

    @property
    def embedded(self) -> bool:
        """Whether it is of the `embed` flavor."""
        return self.root is not None and self.executable.parent == self.root

    def shown(self, path: Path) -> str:
        """Name a path as people know it: relative to the directory that holds the tree."""
        if self.root is None or not path.is_relative_to(self.root):
            return path.name
        return str(Path("python") / path.relative_to(self.root))


def open_dist(path: Path, workspace: Path, *, promised: frozenset[str] | None = None) -> Dist:
    """Open an artifact, unpacking into the empty directory `workspace` where that is needed.

    Raise UsageError when nothing is at `path`, DistError when what is there cannot be a
    distribution.
    """
    if not path.exists():
        raise UsageError(
            f"there is no {path}", hint="give an archive, a directory or an executable"
        )
    subject = path.resolve().name
    label = Label.of(subject)
    if path.is_dir():
        root, disposable = _root(path.resolve()), False
    elif is_archive(path):
        root, disposable = _root(_unpacked(path, workspace)), True
    else:
        executable, notes = _runnable(path.resolve(), workspace)
        return Dist(
            subject=subject,
            root=None,
            executable=executable,
            label=label,
            promised=promised,
            notes=notes,
        )
    return Dist(
        subject=subject,
        root=root,
        executable=_interpreter(root),
        label=label,
        promised=promised,
        disposable=disposable,
    )


def is_archive(path: Path) -> bool:
    """Tell a file that `open_dist` would unpack by its name or its first bytes."""
    if _ARCHIVE.search(path.name):
        return True
    with path.open("rb") as stream:
        start = stream.read(6)
    return start.startswith((b"\x1f\x8b", b"\xfd7zXZ\0", b"BZh", b"\x28\xb5\x2f\xfd"))


def _unpacked(path: Path, workspace: Path) -> Path:
    target = workspace / "unpacked"
    target.mkdir()
    try:
        with tarfile.open(path) as archive:
            archive.extractall(target, filter="data")
            _read_to_the_end(archive)
    except (tarfile.TarError, EOFError, OSError, ValueError, zlib.error, lzma.LZMAError) as error:
        raise DistError(f"the archive cannot be unpacked: {error}") from error
    return target


def _read_to_the_end(archive: tarfile.TarFile) -> None:
    """Have the decompressor check its checksum, which tarfile stops short of."""
    while archive.fileobj is not None and archive.fileobj.read(1 << 20):
        pass


def _root(directory: Path) -> Path:
    for candidate in (directory, directory / "python", directory / "python" / "install"):
        if (candidate / "bin").is_dir() or any(candidate.glob("python3.*._pth")):
            return candidate
    raise DistError("neither bin/ nor python/bin/ is in it, nor a python3.N._pth")


def _interpreter(root: Path) -> Path:
    folder = root / "bin" if (root / "bin").is_dir() else root
    found = sorted(item for item in folder.iterdir() if _INTERPRETER.match(item.name))
    files = [item for item in found if item.is_file() and not item.is_symlink()]
    if not files:
        raise DistError(f"{folder.name}/ has no python3.N that is a file of its own")
    return files[0]


def _runnable(path: Path, workspace: Path) -> tuple[Path, tuple[str, ...]]:
    """Give an executable that may be run: downloads tend to lose the executable bit."""
    if os.access(path, os.X_OK):
        return path, ()
    copy = workspace / path.name
    shutil.copyfile(path, copy)
    copy.chmod(stat.S_IRWXU)
    return copy, (f"{path.name} is not marked executable; a marked copy was checked",)
