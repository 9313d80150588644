"""Where the interpreter says that it is: one table for the tree and the single file.

What holds is CPython's own rule for each case: the same answers as if the library were on disk.
https://docs.python.org/3/library/sys_path_init.html
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from factory.verify.empty_root import way_in
from tests.integration.conftest import Distribution

pytestmark = pytest.mark.build

SHOW = """
import json, sys
names = "executable _base_executable prefix exec_prefix base_prefix base_exec_prefix"
print(json.dumps({"path": sys.path, "argv": sys.argv, "site": "site" in sys.modules,
    **{name: getattr(sys, name) for name in names.split()}}))
"""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One way to start the interpreter, and what it must say.

    In all texts `{home}` is the directory with `bin/` and `lib/`, `{minor}` the version, `{work}`
    the current directory. `says` has what differs from a start as `{home}/bin/python{minor}`.
    """

    name: str
    argv: tuple[str, ...] = ("{home}/bin/python{minor}",)
    program: str = "{home}/bin/python{minor}"
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    says: Mapping[str, Any] = field(default_factory=dict)


LIBRARY = ["{home}/lib/python3{digits}.zip", "{home}/lib/python{minor}"]
LIBRARY += ["{home}/lib/python{minor}/lib-dynload"]
SITE = ["{home}/lib/python{minor}/site-packages"]
USUAL = {
    "executable": "{home}/bin/python{minor}",
    "_base_executable": "{home}/bin/python{minor}",
    **dict.fromkeys(("prefix", "exec_prefix", "base_prefix", "base_exec_prefix"), "{home}"),
    "path": ["", *LIBRARY, *SITE],
    "argv": ["-c"],
    "site": True,
}


def elsewhere(place: str) -> dict[str, Any]:
    """What a library at another place changes."""
    moved = [path.replace("{home}", place) for path in LIBRARY]
    names = ("prefix", "exec_prefix", "base_prefix", "base_exec_prefix")
    return {**dict.fromkeys(names, place), "path": ["", *moved]}


def started_as(path: str) -> dict[str, Any]:
    return {"executable": path, "_base_executable": path}


CASES = (
    Case(name="by its path"),
    Case(name="found in PATH", argv=("python{minor}",), environment={"PATH": "{home}/bin"}),
    Case(
        name="by a relative path",
        argv=("link/bin/python{minor}",),
        links={"link": "{home}"},
        says={
            **elsewhere("{work}/link"),
            "path": ["", *(path.replace("{home}", "{work}/link") for path in LIBRARY + SITE)],
            **started_as("{work}/link/bin/python{minor}"),
        },
    ),
    Case(
        name="by a link elsewhere",
        argv=("{work}/tool",),
        program="{work}/tool",
        links={"tool": "{home}/bin/python{minor}"},
        says=started_as("{work}/tool"),
    ),
    Case(
        name="by a link to a link",
        argv=("{work}/first",),
        program="{work}/first",
        links={"first": "second", "second": "{home}/bin/python{minor}"},
        says=started_as("{work}/first"),
    ),
    Case(
        name="argv[0] is empty",
        argv=("",),
        says={**elsewhere("/install"), **started_as("")},
    ),
    Case(
        name="argv[0] is a name that PATH does not have",
        argv=("no such name",),
        says={**elsewhere("/install"), **started_as("")},
    ),
    Case(
        name="argv[0] is a path where nothing is",
        argv=("/nowhere/bin/python",),
        says={**elsewhere("/nowhere"), **started_as("/nowhere/bin/python")},
    ),
    Case(
        name="PYTHONHOME",
        environment={"PYTHONHOME": "{work}/other"},
        says=elsewhere("{work}/other"),
    ),
    Case(
        name="PYTHONHOME of two parts",
        environment={"PYTHONHOME": "{work}/pure:{work}/binary"},
        says={
            **dict.fromkeys(("prefix", "base_prefix"), "{work}/pure"),
            **dict.fromkeys(("exec_prefix", "base_exec_prefix"), "{work}/binary"),
            "path": [
                "",
                "{work}/pure/lib/python3{digits}.zip",
                "{work}/pure/lib/python{minor}",
                "{work}/binary/lib/python{minor}/lib-dynload",
            ],
        },
    ),
    Case(
        name="PYTHONHOME and PYTHONPATH are ignored with -E",
        options=("-E",),
        environment={"PYTHONHOME": "/nowhere", "PYTHONPATH": "/nowhere"},
    ),
    Case(
        name="PYTHONPATH",
        environment={"PYTHONPATH": "{work}/a:b"},
        says={"path": ["", "{work}/a", "{work}/b", *LIBRARY, *SITE]},
    ),
    Case(
        name="isolated",
        options=("-I",),
        environment={"PYTHONHOME": "/nowhere", "PYTHONPATH": "/nowhere"},
        says={"path": [*LIBRARY, *SITE]},
    ),
    Case(name="safe path", options=("-P",), says={"path": [*LIBRARY, *SITE]}),
    Case(name="no site", options=("-S",), says={"path": ["", *LIBRARY], "site": False}),
    Case(
        name="a ._pth file beside the executable",
        files={"{home}/bin/python{minor}._pth": "lib/python{minor}\n../mine\n"},
        environment={"PYTHONHOME": "/nowhere", "PYTHONPATH": "/nowhere"},
        says={
            **elsewhere("{home}/bin"),
            "path": ["{home}/bin/lib/python{minor}", "{home}/mine"],
            "site": False,
        },
    ),
    Case(
        name="a ._pth file beside the link",
        argv=("{work}/tool",),
        program="{work}/tool",
        links={"tool": "{home}/bin/python{minor}"},
        files={"{work}/tool._pth": "lib/python{minor}\nimport site\n"},
        says={
            **elsewhere("{work}"),
            **started_as("{work}/tool"),
            "path": ["{work}/lib/python{minor}"],
        },
    ),
    Case(
        name="pyvenv.cfg",
        argv=("{work}/env/bin/python",),
        program="{work}/env/bin/python",
        links={"env/bin/python": "{home}/bin/python{minor}"},
        files={
            "{work}/env/pyvenv.cfg": "home = {home}/bin\ninclude-system-site-packages = false\n"
        },
        says={
            "executable": "{work}/env/bin/python",
            **dict.fromkeys(("prefix", "exec_prefix"), "{work}/env"),
            "path": ["", *LIBRARY],
        },
    ),
)


@pytest.fixture(params=["tree", "single"])
def home(request: pytest.FixtureRequest, distribution: Distribution, tmp_path: Path) -> Path:
    """A directory with bin/ and lib/: the whole tree, or nothing but the executable."""
    if request.param == "tree":
        with tarfile.open(distribution.install_only) as tar:
            tar.extractall(tmp_path, filter="data")
        return tmp_path / "python"
    place = tmp_path / "single"
    (place / "bin").mkdir(parents=True)
    minor = distribution.minor
    shutil.copy2(distribution.single, place / "bin" / f"python{minor}")
    (place / "lib" / f"python{minor}" / "site-packages").mkdir(parents=True)
    # In the tree there is a directory of that name, too.
    return place


def filled(value: Any, names: Mapping[str, str]) -> Any:
    match value:
        case str():
            for name, text in names.items():
                value = value.replace(f"{{{name}}}", text)
        case list() | tuple():
            return [filled(item, names) for item in value]
        case dict():
            return {filled(key, names): filled(item, names) for key, item in value.items()}
    return value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_paths(case: Case, home: Path, distribution: Distribution, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    minor = distribution.minor
    names = {"home": str(home), "work": str(work), "minor": minor, "digits": minor[2:]}
    for place, text in filled(dict(case.files), names).items():
        Path(place).parent.mkdir(parents=True, exist_ok=True)
        Path(place).write_text(text)
    for place, target in filled(dict(case.links), names).items():
        (work / place).parent.mkdir(parents=True, exist_ok=True)
        (work / place).symlink_to(target)
    done = subprocess.run(
        [*filled(case.argv, names), *case.options, "-c", SHOW],
        executable=filled(case.program, names),
        cwd=work,
        # Without a home there is no site-packages of the user's.
        env=filled({"PATH": "/nowhere", "HOME": "{work}", **case.environment}, names),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == filled({**USUAL, **case.says}, names)


def test_without_proc(home: Path, distribution: Distribution, tmp_path: Path) -> None:
    """Nothing of this needs /proc: the same in a root directory that has none."""
    root = tmp_path / "root"
    root.mkdir()
    home.rename(root / "home")
    program = f"/home/bin/python{distribution.minor}"
    done = subprocess.run(
        [*way_in(root), program, "-c", SHOW], env={}, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    names = {"home": "/home", "minor": distribution.minor, "digits": distribution.minor[2:]}
    assert json.loads(done.stdout) == filled(USUAL, names)


def test_the_library_of_another_version_does_no_harm(
    distribution: Distribution, tmp_path: Path
) -> None:
    """PYTHONHOME of a glibc Python: the library inside is used, and nothing is said."""
    other = sys.base_prefix
    assert Path(os.__file__).is_relative_to(other)
    done = subprocess.run(
        [distribution.single, "-c", "import json, ssl, sys; print(sys.prefix)"],
        env={"PYTHONHOME": other},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{other}\n", "")


def test_the_tree_describes_itself(distribution: Distribution, tmp_path: Path) -> None:
    """build-details.json (PEP 739) and pkg-config's file, wherever the tree is."""
    with tarfile.open(distribution.install_only) as tar:
        tar.extractall(tmp_path, filter="data")
    tree, minor = tmp_path / "python", distribution.minor
    library = tree / "lib" / f"python{minor}"
    pc = (tree / f"lib/pkgconfig/python-{minor}.pc").read_text()
    assert "prefix=${pcfiledir}/../..\n" in pc
    details = library / "build-details.json"
    if minor == "3.13":
        assert not details.exists()
        return
    data = json.loads(details.read_text())
    base = (library / data["base_prefix"]).resolve()
    assert base == tree.resolve()
    assert (base / data["base_interpreter"]).is_file()
    assert (base / data["c_api"]["headers"] / "Python.h").is_file()
    assert (base / data["c_api"]["pkgconfig_path"] / f"python-{minor}.pc").is_file()
    assert "libpython" not in data
    program = "import sysconfig; print(sysconfig.get_config_var('EXT_SUFFIX'))"
    said = subprocess.run([tree / "bin/python3", "-c", program], capture_output=True, text=True)
    assert said.stdout.strip() == data["abi"]["extension_suffix"]
