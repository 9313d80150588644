"""What a build leaves, in small."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from factory.archives import entry


def add_build(folder: Path, python: str, *, verified: bool = True) -> Path:
    """Write artifacts and their manifest: shell scripts that say their name."""
    folder.mkdir(exist_ok=True)
    stem = f"cpython-{python}-x86_64-unknown-linux-musl"
    minor = python.rpartition(".")[0]
    rows = []
    for flavor, suffix in (("install_only", ".tar.gz"), ("single", "")):
        name = f"{stem}-{flavor}{suffix}"
        program = f"#!/bin/sh\necho {name}\n".encode()
        content = _packed(f"python/bin/python{minor}", program) if suffix else program
        (folder / name).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        row = {"name": name, "flavor": flavor, "sha256": digest, "size": len(content)}
        rows.append(row | {"verified": verified})
    data = {"python": python, "triple": "x86_64-unknown-linux-musl", "artifacts": rows}
    text = json.dumps(data | {"source_date_epoch": 1735689600})
    (folder / f"{stem}.manifest.json").write_text(text)
    return folder


def _packed(name: str, program: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        info = entry(name, epoch=0, executable=True)
        info.size = len(program)
        tar.addfile(info, io.BytesIO(program))
    return out.getvalue()


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    return add_build(tmp_path / "dist", "3.13.15")
