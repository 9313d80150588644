from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from factory.archives import pack_tree
from factory.model.arch import Arch
from factory.model.recipe import PythonRelease, Source
from factory.model.target import Link, Target
from factory.package.layout import lay_out

TARGET = Target(
    arch=Arch.X86_64,
    python=PythonRelease(
        source=Source(name="cpython", version="3.13.15", archives=()),
        licence="PSF-2.0",
        licence_files=(),
        components=(),
        static_archives=(),
        modules_left_out={},
    ),
)
SHEBANG = "#!/install/bin/python3.13\n"
CONFIG = "install/lib/python3.13/config-3.13-x86_64-linux-musl"
PYTHON = {
    "install/bin/python3.13": "the python that was built first",
    "install/bin/idle3.13": f"{SHEBANG}import idlelib\n",
    "install/bin/python3.13-config": "#!/bin/sh\necho\n",
    "install/include/python3.13/Python.h": "",
    "install/lib/libpython3.13.a": "",
    "install/lib/python3.13/os.py": "",
    f"{CONFIG}/libpython3.13.a": "",
    f"{CONFIG}/python.o": "",
    f"{CONFIG}/config.c.in": "",
    f"{CONFIG}/Makefile": "",
    "link/libpython3.13.a": "",
    "share/licenses/cpython/LICENSE": "",
}
INTERPRETER = {"python3.13": "the executable", "licenses/zlib/LICENSE": "zlib's"}


@pytest.fixture
def pack(tmp_path: Path) -> Callable[[str, dict[str, str]], Path]:
    def make(name: str, files: dict[str, str]) -> Path:
        root = tmp_path / f"{name}.tree"
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
            (root / path).chmod(0o755 if "bin/" in path or path == "python3.13" else 0o644)
        if name == "python":
            (root / "install/bin/python3-config").symlink_to("python3.13-config")
            wheel = root / "install/lib/python3.13/ensurepip/_bundled/pip-1.0-py3-none-any.whl"
            wheel.parent.mkdir(parents=True)
            with zipfile.ZipFile(wheel, "w") as content:
                content.writestr("pip/__init__.py", "")
                content.writestr("pip-1.0.dist-info/RECORD", "")
        archive = tmp_path / f"{name}.tar"
        with archive.open("wb") as out:
            pack_tree(root, out, epoch=0)
        return archive

    return make


@pytest.fixture
def tree(tmp_path: Path, pack: Callable[[str, dict[str, str]], Path]) -> Path:
    place = tmp_path / "scratch" / "python"
    place.parent.mkdir()
    lay_out(TARGET, pack("interpreter", INTERPRETER), pack("python", PYTHON), place)
    return place


def test_what_is_in_the_tree(tree: Path) -> None:
    found = {str(path.relative_to(tree)) for path in tree.rglob("*") if not path.is_dir()}
    site = "lib/python3.13/site-packages"
    assert found == {
        *("bin/python3.13", "bin/python3", "bin/python", "bin/python3.13-config"),
        *("bin/python3-config", "bin/idle3.13", "bin/pip", "bin/pip3", "bin/pip3.13"),
        *("include/python3.13/Python.h", "lib/python3.13/os.py"),
        f"{CONFIG.removeprefix('install/')}/Makefile",
        "lib/python3.13/ensurepip/_bundled/pip-1.0-py3-none-any.whl",
        f"{site}/pip/__init__.py",
        f"{site}/pip-1.0.dist-info/RECORD",
        f"{site}/pip-1.0.dist-info/INSTALLER",
        "share/licenses/zlib/LICENSE",
    }


def test_the_executable_with_everything_inside_is_the_python(tree: Path) -> None:
    assert (tree / "bin/python3.13").read_text() == "the executable"
    assert (tree / "bin/python3.13").stat().st_mode & 0o777 == 0o755
    for link in ("python", "python3"):
        assert (tree / "bin" / link).readlink() == Path("python3.13")


def test_scripts_find_the_python_beside_them(tree: Path) -> None:
    text = (tree / "bin/idle3.13").read_text()
    assert text.startswith("#!/bin/sh\n'''exec' ")
    assert text.endswith("\n' '''\nimport idlelib\n")
    assert "/install/" not in text
    assert (tree / "bin/idle3.13").stat().st_mode & 0o111
    assert (tree / "bin/python3.13-config").read_text() == "#!/bin/sh\necho\n"


def test_pips_scripts_can_be_run(tree: Path) -> None:
    for name in ("pip", "pip3", "pip3.13"):
        assert (tree / "bin" / name).stat().st_mode & 0o777 == 0o755


def test_nothing_else_is_left_beside_the_tree(tree: Path) -> None:
    assert [path.name for path in tree.parent.iterdir()] == ["python"]


def test_a_dynamic_executable_has_its_libc_beside_it(
    tmp_path: Path, pack: Callable[[str, dict[str, str]], Path]
) -> None:
    interpreter = pack("interpreter", {**INTERPRETER, "libc.so": "the libc"})
    place = tmp_path / "python-3.13"
    lay_out(replace(TARGET, link=Link.DYNAMIC), interpreter, pack("python", PYTHON), place)
    assert (place / "lib/libc.so").read_text() == "the libc"
