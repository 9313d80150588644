"""Install pip from the wheel that CPython bundles, without running anything."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

# /bin/sh finds the interpreter beside the script, wherever the tree was moved; Python sees the
# first lines as one string.
RELOCATABLE_HEADER = """\
#!/bin/sh
'''exec' "$(dirname -- "$(realpath -- "$0")")/{program}" "$0" "$@"
' '''
"""

_ENTRY_POINT = """\
import sys

from pip._internal.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
"""


def bundled_wheel(library: Path) -> Path:
    """Return the pip wheel inside ensurepip."""
    (wheel,) = (library / "ensurepip" / "_bundled").glob("pip-*.whl")
    return wheel


def installed_pip(wheel: Path, minor: str) -> Iterator[tuple[str, bytes, bool]]:
    """Yield (path in the tree, content, executable) of an installed pip.

    The RECORD lists every file with its hash, so that pip can upgrade and remove itself.
    https://packaging.python.org/en/latest/specifications/recording-installed-packages/
    """
    site = f"lib/python{minor}/site-packages"
    record: list[tuple[str, str, str]] = []
    with zipfile.ZipFile(wheel) as files:
        names = [info.filename for info in files.infolist() if not info.is_dir()]
        (record_name,) = (name for name in names if name.endswith(".dist-info/RECORD"))
        contents = {name: files.read(name) for name in names if name != record_name}
    contents[record_name.replace("RECORD", "INSTALLER")] = b"pip\n"
    for name, content in contents.items():
        record.append((name, _hash(content), str(len(content))))
        yield f"{site}/{name}", content, False
    script = (RELOCATABLE_HEADER.format(program=f"python{minor}") + _ENTRY_POINT).encode()
    for name in ("pip", "pip3", f"pip{minor}"):
        record.append((f"../../../bin/{name}", _hash(script), str(len(script))))
        yield f"bin/{name}", script, True
    record.append((record_name, "", ""))
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\n").writerows(sorted(record))
    yield f"{site}/{record_name}", lines.getvalue().encode(), False


def _hash(content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
    return f"sha256={digest.decode()}"
