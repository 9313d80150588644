from __future__ import annotations

import sys
from pathlib import Path

import pytest

from factory.errors import MachineError
from factory.verify.dist import Dist
from factory.verify.empty_root import check_permission, way_in
from factory.verify.interpreter import Interpreter, RunError, run
from factory.verify.wheels.listed import Need, Package
from factory.verify.wheels.places import Place, in_an_empty_root, on_the_host


@pytest.fixture
def python(tmp_path: Path) -> Interpreter:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return Interpreter(executable=sys.executable, scratch=scratch)


def package(folder: Path, program: str, *needs: str) -> Package:
    use = folder / "use.py"
    use.write_text(program)
    wanted = tuple(Need(path=path, reason="test") for path in needs)
    return Package(name="thing", use=use, compiled="thing", needs=wanted)


def empty_root(python: Interpreter, wheels: Path, dist: Dist) -> Place:
    try:
        return in_an_empty_root(dist, python, wheels)
    except MachineError as error:
        pytest.skip(error.message)


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    folder = tmp_path / "site-packages"
    folder.mkdir()
    (folder / "thing.py").write_text("VALUE = 7\n")
    return folder


def test_host_finds_the_wheels(
    python: Interpreter, wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "TEST")
    monkeypatch.setenv("SOME_SECRET", "x")
    program = (
        "import os, thing\n"
        "def probe_it(): return f'{thing.VALUE} {sorted(os.environ)}'\n"
        "def probe_other(): raise ValueError('wrong')\n"
    )
    works, fails = on_the_host(python, wheels).use(package(tmp_path, program))
    assert works.detail.startswith("7 ")
    assert "OPENBLAS_CORETYPE" in works.detail
    assert "SOME_SECRET" not in works.detail
    assert (fails.passed, fails.question) == (False, "other")
    assert "ValueError: wrong" in fails.detail


def test_a_crash_is_told_from_an_answer(python: Interpreter, wheels: Path, tmp_path: Path) -> None:
    crash = package(tmp_path, "import os; os.abort()\n")
    with pytest.raises(RunError, match="probe use: killed by SIGABRT"):
        on_the_host(python, wheels).use(crash)


def test_root_of_a_bare_executable(
    python: Interpreter, wheels: Path, tmp_path: Path, static_pie: Path
) -> None:
    place = empty_root(python, wheels, Dist(subject="x", root=None, executable=static_pie))
    assert place.root is not None
    assert place.interpreter.executable == "/bin/python"
    assert sorted(path.name for path in place.root.iterdir()) == ["bin", "wheels"]
    with pytest.raises(RunError, match="exit code 7: hello"):
        place.use(package(tmp_path, ""))


@pytest.mark.parametrize("disposable", [True, False])
def test_root_of_a_tree(
    python: Interpreter, wheels: Path, tmp_path: Path, static_pie: Path, disposable: bool
) -> None:
    tree = tmp_path / "tree"
    (tree / "bin").mkdir(parents=True)
    executable = tree / "bin" / "python3.13"
    executable.write_bytes(static_pie.read_bytes())
    executable.chmod(0o755)
    dist = Dist(subject="x", root=tree, executable=executable, disposable=disposable)
    place = empty_root(python, wheels, dist)
    assert place.interpreter.executable == "/python/bin/python3.13"
    with pytest.raises(RunError, match="exit code 7: hello"):
        place.use(package(tmp_path, ""))
    # The user's own files are copied, never linked.
    assert (executable.stat().st_nlink == 1) is not disposable


def test_what_is_shown_is_gone_afterwards(
    python: Interpreter, wheels: Path, tmp_path: Path, static_pie: Path
) -> None:
    place = empty_root(python, wheels, Dist(subject="x", root=None, executable=static_pie))
    assert place.root is not None
    with pytest.raises(RunError, match="hello"):
        place.use(package(tmp_path, "", "/proc", "/dev/urandom"))
    assert sorted(path.name for path in place.root.iterdir()) == ["bin", "dev", "wheels"]
    assert list((place.root / "dev").iterdir()) == []
    assert str(place.root) not in Path("/proc/mounts").read_text()


def test_showing_needs_a_place_inside(tmp_path: Path) -> None:
    try:
        check_permission(tmp_path, tmp_path)
    except MachineError as error:
        pytest.skip(error.message)
    outcome = run(way_in(tmp_path, show={"/proc": "/proc"}), cwd=tmp_path, seconds=30)
    assert outcome.returncode == 125
    assert "no mount of /proc" in outcome.stderr
