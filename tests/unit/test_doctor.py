from __future__ import annotations

import importlib.metadata
import platform
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from factory import doctor
from factory.doctor import NEEDED_BYTES, Remark, examine, machine_arch, require_build_machine
from factory.errors import ExitCode, MachineError
from factory.model.arch import Arch
from factory.toolchains import llvm
from factory.toolchains.zig import ZigToolchain

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with all programs, a compiler and space, whatever this one has."""
    zig = tmp_path / "zig"
    zig.touch()
    pinned = next(
        text.partition("==")[2]
        for text in importlib.metadata.requires("static-python-factory") or []
        if text.startswith("ziglang")
    )
    monkeypatch.setattr(doctor, "missing_tools", lambda names: ())
    monkeypatch.setattr(doctor, "find_zig", lambda: ZigToolchain(version=pinned, zig=zig))
    monkeypatch.setattr(llvm, "_places", lambda: iter(()))
    monkeypatch.setattr(shutil, "disk_usage", lambda place: Usage(0, 0, NEEDED_BYTES))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(
        platform, "freedesktop_os_release", lambda: {"ID": "debian", "PRETTY_NAME": "Debian 12"}
    )
    return tmp_path


def remark(subject: str, cache_dir: Path) -> Remark:
    (found,) = (one for one in examine(cache_dir) if one.subject == subject)
    return found


def test_a_machine_that_has_everything(machine: Path) -> None:
    remarks = {one.subject: one for one in examine(machine)}
    assert all(one.good for one in remarks.values())
    assert remarks["machine"].message == "x86_64, Debian 12"
    assert remarks["programs"].message.startswith("all ")
    assert remarks["compiler"].message.startswith("zig ")
    assert remarks["compiler"].message.endswith("(LTO, no PGO, tail calls, ordering, no BOLT)")
    assert "no --profile release: no LLVM" in remarks["release"].message
    assert "no --bolt: no LLVM with bin/llvm-bolt" in remarks["BOLT"].message
    assert not any(one.remedy for one in remarks.values())
    require_build_machine(machine)


@pytest.mark.parametrize(
    ("release", "command"),
    [
        ({"ID": "debian"}, "apt-get install make gawk findutils coreutils"),
        ({"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}, "apt-get install make gawk"),
        ({"ID": "alpine"}, "apk add make"),
        ({"ID": "rocky", "ID_LIKE": "rhel centos fedora"}, "dnf install make"),
        ({"ID": "arch"}, "pacman -S make"),
        ({"ID": "opensuse-tumbleweed", "ID_LIKE": "opensuse suse"}, "zypper install make"),
        ({"ID": "unheard-of"}, "install make gawk"),
    ],
)
def test_the_command_that_installs_what_is_missing(
    machine: Path, monkeypatch: pytest.MonkeyPatch, release: dict[str, str], command: str
) -> None:
    missing = ("make", "awk", "find", "xargs", "cut", "tr")
    monkeypatch.setattr(doctor, "missing_tools", lambda names: missing)
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: release)
    found = remark("programs", machine)
    assert not found.good
    assert found.message == "missing: make, awk, find, xargs, cut, tr"
    assert (found.remedy or "").startswith(command)


def test_each_package_stands_once(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("cut", "tr", "find", "xargs", "cmp", "diff", "grep", "egrep", "sed", "perl")
    monkeypatch.setattr(doctor, "missing_tools", lambda _: names)
    assert remark("programs", machine).remedy == (
        "apt-get install coreutils findutils diffutils grep sed perl"
    )


def test_a_machine_without_os_release(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> dict[str, str]:
        raise FileNotFoundError

    monkeypatch.setattr(platform, "freedesktop_os_release", absent)
    monkeypatch.setattr(doctor, "missing_tools", lambda names: ("make",))
    assert remark("machine", machine).message == "x86_64, unknown Linux"
    assert remark("programs", machine).remedy == "install make"


def test_a_missing_compiler(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> ZigToolchain:
        raise MachineError("the compiler is missing", hint="pip install ziglang")

    monkeypatch.setattr(doctor, "find_zig", absent)
    found = remark("compiler", machine)
    assert (found.good, found.message) == (False, "the compiler is missing")
    assert found.remedy == "pip install ziglang"


def test_another_compiler_than_the_pinned(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = ZigToolchain(version="0.1.0", zig=machine / "zig")
    monkeypatch.setattr(doctor, "find_zig", lambda: other)
    found = remark("compiler", machine)
    assert not found.good
    assert found.message.endswith(", found 0.1.0")
    assert (found.remedy or "").startswith("pip install ziglang==")


def test_a_checkout_that_is_not_installed(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> list[str]:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "requires", absent)
    assert remark("compiler", machine).good


def test_too_little_space(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda place: Usage(0, 0, NEEDED_BYTES - 1))
    found = remark("disk space", machine)
    assert not found.good
    assert found.message == f"wanted 3072 MiB, found 3071 MiB free at {machine}"
    assert "FACTORY_CACHE_DIR" in (found.remedy or "")


def test_space_is_measured_where_the_cache_will_be(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def usage(place: Path) -> Usage:
        asked.append(place)
        return Usage(0, 0, NEEDED_BYTES)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    assert remark("disk space", machine / "not" / "yet" / "there").good
    assert asked == [machine]


@pytest.mark.parametrize("name", ["with space", "ünd", "a:b", "$HOME"])
def test_a_cache_path_that_make_cannot_have(machine: Path, name: str) -> None:
    assert remark("cache path", machine / "plain-1.0_x").good
    found = remark("cache path", machine / name)
    assert not found.good
    assert name in found.message
    with pytest.raises(MachineError, match="cache path"):
        require_build_machine(machine / name)


@pytest.mark.parametrize("name", ["qemu-aarch64", "qemu-aarch64-static"])
def test_an_emulator(machine: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(shutil, "which", lambda asked: asked if asked == name else None)
    assert remark("emulators", machine).message == name


def test_no_emulator_is_no_fault(machine: Path) -> None:
    found = remark("emulators", machine)
    assert found.good
    assert "only x86_64 is verified by running it" in found.message


def test_a_build_says_all_that_is_missing(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "missing_tools", lambda names: ("perl",))
    monkeypatch.setattr(shutil, "disk_usage", lambda place: Usage(0, 0, 0))
    with pytest.raises(MachineError) as caught:
        require_build_machine(machine)
    assert caught.value.exit_code is ExitCode.MACHINE
    assert caught.value.message.startswith("programs: missing: perl; disk space: wanted 3072 MiB")
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("apt-get install perl; 'factory cache gc'")


def test_the_machines_architecture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert machine_arch() is Arch.AARCH64
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(MachineError, match="unknown architecture 'riscv64'"):
        machine_arch()
