"""Which modules the standard library of this interpreter consists of."""

from __future__ import annotations

import _imp
import json
import sys
from pathlib import Path


def _frozen() -> set[str]:
    names = _imp._frozen_module_names()  # type: ignore[attr-defined]  # typeshed lacks it
    return {str(name) for name in names}


def _on_disk() -> set[str]:
    """Modules in the directory of the standard library, where there is one."""
    place = Path(sys.base_prefix, "lib", "python{}.{}".format(*sys.version_info[:2]))
    names: set[str] = set()
    for path in place.rglob("*.py"):
        parts = list(path.relative_to(place).with_suffix("").parts)
        if parts[-1] == "__init__":
            parts.pop()
        if parts and all(part.isidentifier() for part in parts):
            names.add(".".join(parts))
    return names


def probe_module_names() -> str:
    """Give the names as a JSON list; names beside the standard library are left out."""
    names = _frozen() | _on_disk() | set(sys.builtin_module_names) | set(sys.stdlib_module_names)
    return json.dumps(
        sorted(name for name in names if name.split(".")[0] in sys.stdlib_module_names)
    )
