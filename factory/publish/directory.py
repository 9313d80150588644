"""Publish into a directory, which some web server hands out."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from factory.archives import file_sha256
from factory.sources.disk import disk_errors


class Directory:
    """`address` is where the directory can be downloaded from, by default its file:// URL."""

    def __init__(self, root: Path, address: str | None) -> None:
        self._root = root
        self._address = (address or root.absolute().as_uri()).rstrip("/")

    def url(self, name: str) -> str:
        """Return the address under which a file can be downloaded."""
        return f"{self._address}/{name}"

    def hashes(self) -> dict[str, str]:
        """Hash every file; those that are being written begin with a dot."""
        if not self._root.is_dir():
            return {}
        files = (file for file in self._root.iterdir() if file.is_file())
        return {file.name: file_sha256(file) for file in files if not file.name.startswith(".")}

    def read(self, name: str) -> str | None:
        """Return the text of a small file; None where there is none."""
        file = self._root / name
        return file.read_text(encoding="utf-8") if file.is_file() else None

    def put(self, name: str, file: Path) -> None:
        """Copy a file and rename it at the end."""
        temporary = self._root / f".{name}.{os.getpid()}.tmp"
        with disk_errors(self._root, "--to"):
            self._root.mkdir(parents=True, exist_ok=True)
            try:
                with file.open("rb") as source, temporary.open("wb") as out:
                    shutil.copyfileobj(source, out)
                    out.flush()
                    os.fsync(out.fileno())
                temporary.chmod(file.stat().st_mode & 0o777 | 0o444)
                temporary.replace(self._root / name)
            finally:
                temporary.unlink(missing_ok=True)

    def finish(self) -> None:
        """Nothing to do: each file was there at once."""
