"""Lay out the `install_only` tree from what the plan's last two actions left."""

from __future__ import annotations

import shutil
from pathlib import Path

from factory.archives import tarfile
from factory.model.target import Link, Target
from factory.package.describe import make_relative
from factory.package.pip import RELOCATABLE_HEADER, bundled_wheel, installed_pip
from factory.recipes.cpython import PREFIX
from factory.recipes.interpreter import LIBC

# Files for linking CPython into other programs are not part of install_only.
_FOR_LINKING = ("*.a", "config-*/python.o", "config-*/config.c.in", "config-*/install-sh")


def lay_out(target: Target, interpreter: Path, python: Path, place: Path) -> None:
    """Write the tree to `place` (it becomes `python/` in the archive).

    `interpreter` and `python` are the archives of the two actions' outputs.
    """
    scratch = place.with_name(f"{place.name}.outputs")
    for archive, name in ((interpreter, "interpreter"), (python, "python")):
        with tarfile.open(archive) as tar:
            tar.extractall(scratch / name, filter="tar")
    (scratch / "python" / PREFIX.lstrip("/")).rename(place)
    library = place / "lib" / f"python{target.python.minor}"
    _put_interpreter(target, scratch / "interpreter", place)
    _remove_what_is_for_linking(place, library)
    _make_scripts_relocatable(place / "bin", target.python.minor)
    make_relative(place, library)
    shutil.copytree(scratch / "interpreter" / "licenses", place / "share" / "licenses")
    for name, content, executable in installed_pip(bundled_wheel(library), target.python.minor):
        file = place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(0o755 if executable else 0o644)
    shutil.rmtree(scratch)


def _put_interpreter(target: Target, output: Path, place: Path) -> None:
    name = f"python{target.python.minor}"
    shutil.copy2(output / name, place / "bin" / name)
    if target.link is Link.DYNAMIC:
        shutil.copy2(output / LIBC, place / "lib" / LIBC)
    for link in ("python3", "python"):
        (place / "bin" / link).symlink_to(name)


def _remove_what_is_for_linking(place: Path, library: Path) -> None:
    for pattern in _FOR_LINKING:
        for file in [*library.glob(pattern), *library.glob(f"config-*/{pattern}")]:
            file.unlink(missing_ok=True)
    for file in (place / "lib").glob("*.a"):
        file.unlink()


def _make_scripts_relocatable(folder: Path, minor: str) -> None:
    start = f"#!{PREFIX}/bin/python{minor}".encode()
    for file in sorted(folder.iterdir()):
        content = b"" if file.is_symlink() else file.read_bytes()
        if content.startswith(start):
            rest = content.partition(b"\n")[2]
            header = RELOCATABLE_HEADER.format(program=f"python{minor}").encode()
            file.write_bytes(header + rest)
