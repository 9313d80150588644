from __future__ import annotations

from pathlib import Path

import pytest

from factory.engines.host_tools import host_tools, link_tools, missing_tools


@pytest.fixture
def bin_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with two programs and a file that is none."""
    directory = tmp_path / "usr" / "bin"
    directory.mkdir(parents=True)
    for name in ("make", "perl", "notes.txt"):
        (directory / name).write_text("#!/bin/sh\n")
        (directory / name).chmod(0o644 if name == "notes.txt" else 0o755)
    monkeypatch.setenv("PATH", str(directory))
    return directory


def test_the_list_has_what_builds_call() -> None:
    names = host_tools()
    assert {"make", "perl", "sh", "sed", "awk", "true", "false", "find"} <= set(names)
    assert len(names) == len(set(names))
    assert not any("/" in name for name in names)


def test_no_compiler_and_no_python_of_the_host() -> None:
    forbidden = {"cc", "gcc", "clang", "ld", "ar", "python", "python3", "pkg-config", "tclsh", "m4"}
    assert not forbidden & set(host_tools())


def test_what_is_missing(bin_directory: Path) -> None:
    assert missing_tools(("make", "sed", "perl", "notes.txt", "awk")) == ("sed", "notes.txt", "awk")
    assert missing_tools(("make",)) == ()


def test_only_what_was_asked_for_is_linked(bin_directory: Path, tmp_path: Path) -> None:
    host = tmp_path / "work" / "host"
    link_tools(("make", "sed"), host)
    assert {path.name: path.readlink() for path in host.iterdir()} == {
        "make": bin_directory / "make"
    }


def test_a_program_that_is_a_link_keeps_its_own_name(bin_directory: Path, tmp_path: Path) -> None:
    """Busybox looks at the name under which it is called."""
    (bin_directory / "busybox").write_text("#!/bin/sh\n")
    (bin_directory / "busybox").chmod(0o755)
    (bin_directory / "sed").symlink_to("busybox")
    link_tools(("sed",), tmp_path / "host")
    assert (tmp_path / "host" / "sed").readlink() == bin_directory / "sed"


def test_a_relative_path_is_followed_from_elsewhere(
    bin_directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(bin_directory.parent)
    monkeypatch.setenv("PATH", "bin")
    link_tools(("make",), tmp_path / "host")
    assert (tmp_path / "host" / "make").resolve() == bin_directory / "make"
