"""Write artifacts: an archive or executable, and a checksum file beside it."""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from factory.archives import add_path, file_sha256, tarfile
from factory.cache import ActionCache
from factory.model.plan import Result
from factory.model.target import Flavor
from factory.package.embedded import lay_out_embedded
from factory.package.layout import lay_out

TOP_DIRECTORY = "python"


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """One file for users; `size` in bytes."""

    path: Path
    flavor: Flavor
    sha256: str
    size: int


def pack(result: Result, flavor: Flavor, cache: ActionCache, place: Path, epoch: int) -> None:
    """Write one flavor of a built result to `place`; MachineError is the caller's to make."""
    interpreter, python = cache.find(result.interpreter), cache.find(result.python)
    if interpreter is None or python is None:
        raise FileNotFoundError(f"{result.target.label} is not built")
    match flavor:
        case Flavor.SINGLE:
            _extract(interpreter, f"python{result.target.python.minor}", place)
            place.chmod(0o755)
        case Flavor.INSTALL_ONLY | Flavor.EMBED:
            with tempfile.TemporaryDirectory(
                prefix="pack-", suffix=f".{os.getpid()}", dir=cache.root / "work"
            ) as scratch:
                tree = Path(scratch, TOP_DIRECTORY)
                if flavor is Flavor.EMBED:
                    lay_out_embedded(result.target, interpreter, tree)
                else:
                    lay_out(result.target, interpreter, python, tree)
                write_tar_gz(tree, place, epoch=epoch)


def write_tar_gz(tree: Path, place: Path, *, epoch: int) -> None:
    """Pack a tree under its own name, byte for byte the same each time."""
    with (
        place.open("wb") as file,
        # Neither a name nor a time in the header: https://www.rfc-editor.org/rfc/rfc1952
        gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        add_path(tar, tree, tree.name, epoch=epoch)
        for path in sorted(tree.rglob("*"), key=lambda found: found.relative_to(tree).parts):
            add_path(tar, path, f"{tree.name}/{path.relative_to(tree).as_posix()}", epoch=epoch)


def hand_out(packed: Path, place: Path, flavor: Flavor) -> Artifact:
    """Copy a packed file into the output directory with its checksum; rename at the end."""
    digest = file_sha256(packed)
    if not (place.is_file() and file_sha256(place) == digest):
        temporary = place.with_name(f".{place.name}.{os.getpid()}.tmp")
        try:
            shutil.copyfile(packed, temporary)
            temporary.chmod(0o755 if flavor is Flavor.SINGLE else 0o644)
            temporary.replace(place)
        finally:
            temporary.unlink(missing_ok=True)
    write_text(place.with_name(f"{place.name}.sha256"), f"{digest}  {place.name}\n")
    return Artifact(path=place, flavor=flavor, sha256=digest, size=place.stat().st_size)


def hand_out_profile(training: Path, name: str, place: Path) -> str:
    """Copy the profile `name` out of a training's output; return its SHA-256."""
    temporary = place.with_name(f".{place.name}.{os.getpid()}.tmp")
    try:
        _extract(training, name, temporary)
        temporary.replace(place)
    finally:
        temporary.unlink(missing_ok=True)
    return file_sha256(place)


def write_text(place: Path, text: str) -> None:
    """Write a small file so that it appears whole."""
    temporary = place.with_name(f".{place.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(place)
    finally:
        temporary.unlink(missing_ok=True)


def _extract(archive: Path, name: str, place: Path) -> None:
    with tarfile.open(archive) as tar:
        source = tar.extractfile(name)
        if source is None:
            raise FileNotFoundError(f"no {name} in {archive}")
        with source, place.open("wb") as out:
            shutil.copyfileobj(source, out)
