"""Lay out the `embed` flavor: the executable and its `._pth`, for shipping inside a product.

The counterpart of the embeddable package for Windows.
https://docs.python.org/3/using/windows.html#the-embeddable-package
"""

from __future__ import annotations

from pathlib import Path

from factory.archives import tarfile
from factory.model.target import Target

# https://docs.python.org/3/library/sys_path_init.html#pth-files
_PATHS = """\
lib/python{minor}
.

# Uncomment to run site.main() automatically
#import site
"""


def lay_out_embedded(target: Target, interpreter: Path, place: Path) -> None:
    """Write the tree to `place` from the archive of the link's outputs."""
    minor = target.python.minor
    wanted = (f"python{minor}", "licenses")
    with tarfile.open(interpreter) as tar:
        members = [one for one in tar if one.name.partition("/")[0] in wanted]
        tar.extractall(place, members, filter="tar")
    (place / f"python{minor}._pth").write_text(_PATHS.format(minor=minor), encoding="ascii")
