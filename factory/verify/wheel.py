"""Write a tiny wheel by hand, for pip to install without any index."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from pathlib import Path

NAME = "factory-probe"
MODULE = "factory_probe"
COMMAND = "factory-probe"
SAYS = "installed and running"

_INFO = f"{MODULE}-1.0.dist-info"
_FILES = {
    f"{MODULE}.py": f"def main():\n    print({SAYS!r})\n",
    f"{_INFO}/METADATA": f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 1.0\n",
    f"{_INFO}/WHEEL": (
        "Wheel-Version: 1.0\nGenerator: factory\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    ),
    f"{_INFO}/entry_points.txt": f"[console_scripts]\n{COMMAND} = {MODULE}:main\n",
}


def write_wheel(directory: Path) -> Path:
    """Write the wheel into a directory and return its path."""
    path = directory / f"{MODULE}-1.0-py3-none-any.whl"
    record = f"{_INFO}/RECORD"
    lines = [f"{name},{_digest(text)},{len(text)}" for name, text in _FILES.items()]
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in _FILES.items():
            archive.writestr(name, text)
        archive.writestr(record, "\n".join([*lines, f"{record},,"]) + "\n")
    return path


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).decode().rstrip("=")
