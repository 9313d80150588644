from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from factory.package.pip import bundled_wheel, installed_pip

FILES = {
    "pip/__init__.py": b"__version__ = '1.0'\n",
    "pip/_vendor/data, with a comma.txt": b"",
    "pip-1.0.dist-info/METADATA": b"Name: pip\n",
    "pip-1.0.dist-info/RECORD": b"pip/__init__.py,sha256=stale,1\n",
}
SITE = "lib/python3.13/site-packages"


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A pip that is small, in the place where CPython keeps it."""
    path = tmp_path / "ensurepip" / "_bundled" / "pip-1.0-py3-none-any.whl"
    path.parent.mkdir(parents=True)
    with zipfile.ZipFile(path, "w") as files:
        files.writestr("pip/", b"")
        for name, content in FILES.items():
            files.writestr(name, content)
    return path


@pytest.fixture
def installed(wheel: Path) -> dict[str, tuple[bytes, bool]]:
    rows = list(installed_pip(wheel, "3.13"))
    found = {name: (content, executable) for name, content, executable in rows}
    assert len(found) == len(rows)
    return found


def record(installed: dict[str, tuple[bytes, bool]]) -> list[list[str]]:
    content, _ = installed[f"{SITE}/pip-1.0.dist-info/RECORD"]
    return list(csv.reader(io.StringIO(content.decode())))


def test_the_bundled_wheel(wheel: Path, tmp_path: Path) -> None:
    (wheel.parent / "setuptools-65.5.0-py3-none-any.whl").touch()
    assert bundled_wheel(tmp_path) == wheel


def test_every_file_is_installed(installed: dict[str, tuple[bytes, bool]]) -> None:
    assert installed.keys() == {
        *(f"{SITE}/{name}" for name in FILES),
        f"{SITE}/pip-1.0.dist-info/INSTALLER",
        *("bin/pip", "bin/pip3", "bin/pip3.13"),
    }
    assert installed[f"{SITE}/pip/__init__.py"] == (FILES["pip/__init__.py"], False)
    assert installed[f"{SITE}/pip-1.0.dist-info/INSTALLER"] == (b"pip\n", False)
    assert {name for name, (_, executable) in installed.items() if executable} == {
        *("bin/pip", "bin/pip3", "bin/pip3.13"),
    }


def test_the_record_has_every_file_with_hash_and_size(
    installed: dict[str, tuple[bytes, bool]],
) -> None:
    rows = {name: (digest, size) for name, digest, size in record(installed)}
    assert len(rows) == len(record(installed)) == len(installed)
    assert rows.pop("pip-1.0.dist-info/RECORD") == ("", "")
    for name, (digest, size) in rows.items():
        content, _ = installed[os.path.normpath(f"{SITE}/{name}")]
        algorithm, _, value = digest.partition("=")
        assert algorithm == "sha256"
        assert "=" not in value
        assert base64.urlsafe_b64decode(value + "=") == hashlib.sha256(content).digest()
        assert int(size) == len(content)


def test_the_record_is_sorted(installed: dict[str, tuple[bytes, bool]]) -> None:
    rows = record(installed)
    assert rows == sorted(rows)
    assert [row[0] for row in rows][:3] == [
        *("../../../bin/pip", "../../../bin/pip3", "../../../bin/pip3.13"),
    ]


def test_pip_is_the_same_each_time(wheel: Path) -> None:
    assert list(installed_pip(wheel, "3.13")) == list(installed_pip(wheel, "3.13"))


def test_the_script_runs_the_python_beside_it(
    installed: dict[str, tuple[bytes, bool]], tmp_path: Path
) -> None:
    place = tmp_path / "moved, with a space" / "bin"
    place.mkdir(parents=True)
    (place / "pip3").write_bytes(installed["bin/pip3"][0])
    (place / "python3.13").write_text('#!/bin/sh\nprintf "%s\\n" beside "$@"\n')
    for name in ("pip3", "python3.13"):
        (place / name).chmod(0o755)
    (tmp_path / "link").symlink_to(place / "pip3")
    for called in (place / "pip3", tmp_path / "link"):
        done = subprocess.run(
            [called, "install", "a b"], check=True, stdout=subprocess.PIPE, text=True
        )
        assert done.stdout.splitlines() == ["beside", str(called), "install", "a b"]


def test_the_script_is_python_too(installed: dict[str, tuple[bytes, bool]]) -> None:
    text = installed["bin/pip"][0].decode()
    assert text.startswith("#!/bin/sh\n")
    names = compile(text, "pip", "exec").co_names
    assert {"sys", "main"} <= set(names)
