from __future__ import annotations

import os
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from factory.bench import debian
from factory.bench.contenders import Opened, open_all
from factory.bench.debian import debian_root, suite_of
from factory.console import Console
from factory.errors import MachineError, UsageError
from factory.sources.debian import AptMirrors


def test_what_it_says_of_itself(opened: tuple[Opened, ...]) -> None:
    version = sys.version.split()[0]
    first, second = opened
    assert first.identity.version == second.identity.version == version
    assert version.startswith(first.identity.minor)
    assert first.contender.details == " ".join(sys.version.split())
    assert (second.name, first.name) == (f"{first.name} #2", Path(sys.executable).name)
    assert first.on_host(first.identity.executable) == Path(sys.executable).resolve()


def test_all_get_the_same_environment_and_no_more(
    opened: tuple[Opened, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDEVMODE", "1")
    code = "import os; print(sorted(os.environ))"
    said = {one.run("-I", "-c", code, seed=1).expect("it").out for one in opened}
    assert said == {str(["HOME", "LC_ALL", "PATH", "PYTHONHASHSEED", "TMPDIR"]) + "\n"}


def open_one(wanted: str, workspace: Path, console: Console) -> Opened:
    with open_all((wanted,), workspace, workspace / "cache", console) as (one,):
        return one


def test_an_archive_is_unpacked(
    workspace: Path, tmp_path: Path, console: Console, executable: Callable[..., Path]
) -> None:
    script = executable(f'exec {sys.executable} "$@"')
    archive = tmp_path / "some.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(script, "python/bin/python3.13")
    one = open_one(str(archive), workspace, console)
    assert one.python.endswith("unpacked/python/bin/python3.13")
    assert one.identity.version == sys.version.split()[0]


def test_what_is_no_interpreter_is_refused(
    workspace: Path, tmp_path: Path, console: Console, executable: Callable[..., Path]
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    for number, (wanted, complaint) in enumerate(
        [
            (tmp_path / "nothing", "there is no"),
            (executable("exit 1"), "is no Python that runs here"),
            (executable("echo '{}'", "talks"), "is no Python that runs here"),
            (empty, "neither bin/"),
        ]
    ):
        place = workspace / str(number)
        place.mkdir()
        with pytest.raises(UsageError, match=complaint) as caught:
            open_one(str(wanted), place, console)
        assert complaint.startswith("neither") or caught.value.hint


def test_names_of_releases() -> None:
    assert suite_of("debian:trixie") == "trixie"
    for wrong in ("debian:", "debian:../../etc", "debian:Trixie", "debian:13"):
        with pytest.raises(UsageError, match="no name of a Debian release"):
            suite_of(wrong)


@pytest.fixture
def debootstrap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executable: Callable[..., Path]
) -> Callable[[str], None]:
    """Put a debootstrap of our own first, and say we are root."""
    monkeypatch.setattr(debian, "apt_mirrors", lambda: AptMirrors(urls=("http://mirror.invalid/",)))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    def write(text: str) -> None:
        executable(text, "debootstrap")

    return write


def test_a_root_is_made_once(
    tmp_path: Path, console: Console, debootstrap: Callable[[str], None]
) -> None:
    debootstrap(f'echo "$@" >> {tmp_path}/calls; mkdir "$4/usr"')
    first = debian_root("trixie", tmp_path / "cache", console)
    assert debian_root("trixie", tmp_path / "cache", console) == first
    assert sorted(path.name for path in first.iterdir()) == ["bench", "usr"]
    assert sorted(path.name for path in first.parent.iterdir()) == ["debian-trixie"]
    (call,) = (tmp_path / "calls").read_text().splitlines()
    assert call.startswith("--variant=minbase --include=python3 trixie ")
    assert "http://mirror.invalid/" in call


def test_a_debootstrap_that_fails_leaves_nothing(
    tmp_path: Path, console: Console, debootstrap: Callable[[str], None]
) -> None:
    debootstrap('mkdir "$4/usr"; echo "E: Invalid Release file"; exit 1')
    with pytest.raises(MachineError, match="Invalid Release file"):
        debian_root("nowhere", tmp_path / "cache", console)
    assert list((tmp_path / "cache" / "peers").iterdir()) == []


def test_what_the_machine_lacks_is_told(
    tmp_path: Path,
    console: Console,
    monkeypatch: pytest.MonkeyPatch,
    debootstrap: Callable[[str], None],
) -> None:
    debootstrap("exit 0")
    monkeypatch.setattr(debian, "apt_mirrors", AptMirrors)
    with pytest.raises(MachineError, match="no mirror"):
        debian_root("trixie", tmp_path, console)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(MachineError, match="wants root"):
        debian_root("trixie", tmp_path, console)
    monkeypatch.setenv("PATH", "/nothing")
    with pytest.raises(MachineError, match="no debootstrap"):
        debian_root("trixie", tmp_path, console)
