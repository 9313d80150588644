"""What the tests of the stages share: a console that remembers, a small catalog on disk."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from factory.cache import ActionCache
from factory.console import Console
from factory.model.plan import Action, Command

SHA256 = "0123456789abcdef" * 4

FACTS = {
    "data/cpython.yaml": f"""\
releases:
  - version: "3.14.7"
    licence: PSF-2.0
    licence_files: [LICENSE]
    archives:
      - urls: ["https://upstream.invalid/Python-3.14.7.tar.xz"]
        sha256: "{SHA256}"
        size: 24053924
    components: [zlib, libedit]
    static_archives: [Modules/expat/libexpat.a]
    modules_left_out:
      _tkinter: "needs X11"
  - version: "3.13.15"
    licence: PSF-2.0
    licence_files: [LICENSE]
    archives:
      - debian: main/p/python3.13/python3.13_3.13.15.orig.tar.xz
        sha256: "{SHA256}"
        size: 24053924
    components: [zlib]
  - version: "3.13.2"
    licence: PSF-2.0
    archives:
      - urls: ["https://upstream.invalid/Python-3.13.2.tar.xz"]
        sha256: "{SHA256}"
        size: 24053924
""",
    "data/components/zlib.yaml": f"""\
name: zlib
version: "1.3.2"
licence: Zlib
licence_files: [LICENSE]
archives:
  - urls: ["https://upstream.invalid/zlib-1.3.2.tar.gz"]
    sha256: "{SHA256}"
    size: 1295859
build: direct
libraries: [z]
options:
  sources: [adler32.c]
  library: [libz.a]
""",
    "data/components/libedit.yaml": f"""\
name: libedit
version: "20250104-3.1"
licence: BSD-3-Clause
archives:
  - urls: ["https://upstream.invalid/libedit-20250104-3.1.tar.gz"]
    sha256: "{SHA256}"
    size: 1295859
build: autotools
depends: [zlib]
""",
    "data/training.yaml": """\
ignored:
  - test: test_locale
    when: "<3.14"
    reason: musl knows one locale
""",
    "patches/cpython/series.yaml": """\
patches:
  - file: 0001-first.patch
  - file: 0002-second.patch
    when: ">=3.14"
""",
    "patches/cpython/0001-first.patch": "first\n",
    "patches/cpython/0002-second.patch": "second\n",
}


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    """A folder with `data/` and `patches/` of a small catalog."""
    root = tmp_path / "facts"
    for name, text in FACTS.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def stderr() -> io.StringIO:
    """What the console has said."""
    return io.StringIO()


@pytest.fixture
def console(stderr: io.StringIO) -> Console:
    return Console(stderr)


@pytest.fixture
def cache(tmp_path: Path, console: Console) -> ActionCache:
    return ActionCache(tmp_path / "cache", console)


@pytest.fixture
def action() -> Callable[..., Action]:
    """Make an action; its commands can be given as lists of words."""

    def make(name: str = "zlib-x86_64", *lines: list[str], **parts: object) -> Action:
        values: dict[str, object] = {
            "name": name,
            "commands": tuple(Command(argv=tuple(line), cwd=".") for line in lines),
            "toolchain": "zig 1",
            "epoch": 1735689600,
        }
        return Action(**(values | parts))  # type: ignore[arg-type]

    return make
