"""Files of the tree that tell other programs where things are: made relative, as the tree moves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from factory.recipes.cpython import PREFIX


def make_relative(tree: Path, library: Path) -> None:
    """Rewrite `build-details.json` (3.14 and newer) and the pkg-config files of a tree."""
    details = library / "build-details.json"
    if details.is_file():
        described = build_details(json.loads(details.read_text(encoding="utf-8")))
        details.write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
    for file in (tree / "lib/pkgconfig").glob("*.pc"):
        if file.stem.endswith("-embed"):
            file.unlink()  # for linking with a libpython, which is not in the tree
        else:
            file.write_text(pkg_config(file.read_text(encoding="utf-8")), encoding="utf-8")


def build_details(data: dict[str, Any]) -> dict[str, Any]:
    """Describe a tree that moves, has no libpython and loads extension modules.

    `base_prefix` is relative to the directory of the file, other paths to `base_prefix`.
    https://peps.python.org/pep-0739/
    """
    relative: dict[str, Any] = _relative(data)
    suffixes = data["suffixes"]["extensions"]
    relative["abi"] |= {
        "extension_suffix": suffixes[0],
        "stable_abi_suffix": next(one for one in suffixes if one.startswith(".abi")),
    }
    del relative["libpython"]
    return relative | {"base_prefix": "../.."}


def _relative(value: Any) -> Any:
    match value:
        case dict():
            return {key: _relative(item) for key, item in value.items()}
        case str() if value.startswith(f"{PREFIX}/"):
            return f".{value.removeprefix(PREFIX)}"
    return value


def pkg_config(text: str) -> str:
    """Let a .pc file find the tree from its own place, which pkg-config calls pcfiledir."""
    return text.replace(f"prefix={PREFIX}\n", "prefix=${pcfiledir}/../..\n", 1)
