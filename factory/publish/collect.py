"""Find what can be published: artifacts with a manifest that says they were verified."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from factory.archives import file_sha256
from factory.console import Console
from factory.errors import PublishError
from factory.model.arch import Arch
from factory.model.target import Flavor

MANIFEST = ".manifest.json"


@dataclass(frozen=True, kw_only=True)
class Published:
    """One artifact as a manifest describes it; `size` in bytes."""

    name: str
    python: str
    arch: Arch
    flavor: Flavor
    sha256: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """One manifest: its own name, hash and text, and what it describes."""

    name: str
    text: str
    epoch: int
    artifacts: tuple[Published, ...]

    @property
    def date(self) -> str:
        """The day of SOURCE_DATE_EPOCH, such as 20261125."""
        return datetime.datetime.fromtimestamp(self.epoch, datetime.UTC).strftime("%Y%m%d")


def collect(folder: Path, console: Console) -> tuple[Manifest, ...]:
    """Read every manifest of a directory and hold its artifacts to it.

    PublishError for an artifact that was not verified, is missing, or was changed afterwards.
    """
    files = sorted(folder.glob(f"*{MANIFEST}"))
    if not files:
        raise PublishError(
            f"nothing to publish: no *{MANIFEST} in {folder}", hint="'factory build' writes them"
        )
    found = tuple(read_manifest(file.name, file.read_text(encoding="utf-8")) for file in files)
    artifacts = [one for manifest in found for one in manifest.artifacts]
    with console.progress("hashing", total=len(artifacts), unit="file") as bar:
        for one in artifacts:
            bar.describe(one.name)
            _check(folder / one.name, one)
            bar.advance(1)
    return found


def _check(file: Path, wanted: Published) -> None:
    if not file.is_file():
        raise PublishError(
            f"{file} is missing, and its manifest names it", hint="build that flavor again"
        )
    found = file_sha256(file)
    if found != wanted.sha256:
        raise PublishError(
            f"{file} was changed after it was verified: wanted SHA-256 {wanted.sha256}, found "
            f"{found}",
            hint="build it again",
        )


def read_manifest(name: str, text: str) -> Manifest:
    """Read one manifest; PublishError where it is none, or names what was not verified."""
    try:
        data = json.loads(text)
        return Manifest(
            name=name,
            text=text,
            epoch=int(data["source_date_epoch"]),
            artifacts=tuple(_artifacts(name, data)),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise PublishError(
            f"{name} is no build manifest: {type(error).__name__}: {error}", hint="build again"
        ) from error


def _artifacts(name: str, data: dict[str, Any]) -> Iterable[Published]:
    machine = str(data["triple"]).partition("-")[0]
    for row in data["artifacts"]:
        if not row["verified"]:
            raise PublishError(
                f"{row['name']} was not verified ({name})",
                hint="what is built with --link, or for a machine that nothing here runs, is not "
                "published; 'factory verify' says what is wrong with it",
            )
        yield Published(
            name=row["name"],
            python=data["python"],
            arch=Arch.parse(machine),
            flavor=Flavor(row["flavor"]),
            sha256=row["sha256"],
            size=int(row["size"]),
        )
