"""Write changed pins into their files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from factory.errors import MachineError
from factory.pins.edit import repinned
from factory.pins.update import Change
from factory.sources.disk import error_text


def write(changes: Iterable[Change]) -> None:
    """Change each file by rename; MachineError where that cannot be done."""
    for change in changes:
        file = change.pin.file
        archives = {one.old.sha256: one.new for one in change.archives}
        try:
            old = file.read_text(encoding="utf-8")
            _replace(file, repinned(old, change.pin.source, change.version, archives))
        except OSError as error:
            raise MachineError(
                f"{file}: {error_text(error)}", hint="run it in a checkout of your own"
            ) from error


def _replace(file: Path, text: str) -> None:
    temporary = file.with_name(f".{file.name}.new")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.chmod(file.stat().st_mode & 0o777)
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
