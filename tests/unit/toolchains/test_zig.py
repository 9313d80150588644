from __future__ import annotations

import importlib.metadata
import importlib.util
import subprocess
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from factory.archives import file_sha256
from factory.errors import ExitCode, MachineError
from factory.model.arch import Arch
from factory.model.target import Link
from factory.toolchains import Toolchain, local_environment
from factory.toolchains.zig import ZigToolchain, find_zig


def test_the_installed_wheel_is_found() -> None:
    zig = find_zig()
    assert zig.version == importlib.metadata.version("ziglang")
    assert zig.identity == f"zig {zig.version}"
    assert zig.zig.is_file()
    assert zig.zig.is_absolute()


def test_it_is_what_the_project_pins() -> None:
    assert f"ziglang=={find_zig().version}" in (
        importlib.metadata.requires("static-python-factory") or []
    )


def test_a_missing_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MachineError, match="no 'ziglang' package") as caught:
        find_zig()
    assert caught.value.exit_code is ExitCode.MACHINE
    assert "pip install ziglang" in (caught.value.hint or "")


def test_a_damaged_wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spec = ModuleSpec("ziglang", None, origin=str(tmp_path / "ziglang" / "__init__.py"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(MachineError, match=r"damaged: no .*ziglang/zig") as caught:
        find_zig()
    assert "--force-reinstall" in (caught.value.hint or "")


@pytest.fixture
def zig(tmp_path: Path) -> ZigToolchain:
    """A zig that says what it was asked for, a line for each word."""
    program = tmp_path / "wheel" / "zig"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    program.chmod(0o755)
    return ZigToolchain(version="1.2.3", zig=program)


def test_the_identity_knows_no_place(zig: ZigToolchain, tmp_path: Path) -> None:
    assert zig.identity == "zig 1.2.3"
    for arch in Arch:
        assert str(tmp_path) not in str(zig.target_environment(arch))


@pytest.mark.parametrize(
    ("arch", "triple", "headers"),
    [(Arch.X86_64, "x86_64-linux-musl", "x86"), (Arch.AARCH64, "aarch64-linux-musl", "aarch64")],
)
def test_what_the_programs_know_of_the_target(
    zig: ZigToolchain, arch: Arch, triple: str, headers: str
) -> None:
    known = {"FACTORY_TRIPLE": triple, "FACTORY_KERNEL_HEADERS": headers}
    assert dict(zig.target_environment(arch)) == known


def test_caches_of_the_compiler_stay_in_the_work_directory(zig: ZigToolchain) -> None:
    places = dict(zig.environment({"zig": "/opt/toolchain/zig"}))
    assert places.pop("FACTORY_ZIG") == "/opt/toolchain/zig/zig"
    assert {name for name in places if "CACHE" in name} == set(places)
    assert not any(value.startswith("/") for value in places.values())


def test_what_goes_into_the_work_directory(zig: ZigToolchain) -> None:
    files = {file.into: file for file in zig.files}
    assert len(files) == len(zig.files)
    assert {"tools/cc", "tools/ar", "tools/ranlib", "tools/ld.lld"} <= files.keys()
    for into, file in files.items():
        assert into == f"tools/{file.path.name}"
        assert file.executable is not into.endswith((".c", ".cfg", ".sh"))
        assert file.sha256 == file_sha256(file.path)
        if file.executable:
            assert file.path.read_text().startswith("#!/bin/sh\n")


def test_files_come_in_the_same_order_each_time(zig: ZigToolchain) -> None:
    assert [file.into for file in zig.files] == sorted(file.into for file in zig.files)


def test_it_is_a_toolchain(zig: ZigToolchain) -> None:
    toolchain: Toolchain = zig
    assert toolchain.name == "zig"


class Tools:
    """The programs, in a work directory of their own."""

    def __init__(self, zig: ZigToolchain, work: Path) -> None:
        self.environment = {
            "PATH": "/usr/bin:/bin",
            "FACTORY_WORK": str(work),
            **dict(local_environment(zig)),
            **dict(zig.target_environment(Arch.AARCH64)),
        }
        self.work = work
        for file in zig.files:
            place = work / file.into
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.path.read_bytes())
            place.chmod(0o755 if file.executable else 0o644)

    def run(self, program: str, *arguments: str) -> list[str]:
        done = subprocess.run(
            [self.work / "tools" / program, *arguments],
            env=self.environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return done.stdout.splitlines()


@pytest.fixture
def tools(zig: ZigToolchain, tmp_path: Path) -> Tools:
    return Tools(zig, tmp_path / "work")


def test_cc_is_a_plain_clang_for_the_target(tools: Tools) -> None:
    said = tools.run("cc", "-O2", "-c", "two words.c")
    assert said[0] == "clang"
    assert said[-3:] == ["-O2", "-c", "two words.c"]
    assert "--target=aarch64-linux-musl" in said
    assert f"--config={tools.work}/tools/compile.cfg" in said
    assert f"-ffile-prefix-map={tools.work}=/build" in said


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [(("x.o",), "self-hosted"), (("-shared", "x.o"), "library"), (("x-shared.o",), "self-hosted")],
)
def test_cc_links_executables_and_libraries_differently(
    tools: Tools, arguments: tuple[str, ...], kind: str
) -> None:
    configs = [line for line in tools.run("cc", *arguments) if "/link-" in line]
    assert configs == [f"--config={tools.work}/tools/link-{kind}.cfg"]


@pytest.mark.parametrize("link", [*(link.value for link in Link), "fixed"])
def test_cc_links_as_it_is_told(tools: Tools, link: str) -> None:
    tools.environment["FACTORY_LINK"] = link
    configs = [line for line in tools.run("cc", "x.o") if "/link-" in line]
    assert configs == [f"--config={tools.work}/tools/link-{link}.cfg"]
    assert Path(configs[0].removeprefix("--config=")).is_file()
    library = f"--config={tools.work}/tools/link-library.cfg"
    assert library in tools.run("cc", "-shared", "x.o")


@pytest.mark.parametrize("option", ["--print-multiarch", "-print-multiarch"])
def test_cc_answers_for_the_target_without_asking_clang(tools: Tools, option: str) -> None:
    assert tools.run("cc", option) == ["aarch64-linux-musl"]


@pytest.mark.parametrize(
    ("program", "asked"),
    [("ar", "ar"), ("ranlib", "ranlib"), ("ld.lld", "ld.lld"), ("ld", "ld.lld")],
)
def test_programs_that_zig_has_inside(tools: Tools, program: str, asked: str) -> None:
    assert tools.run(program, "rcs", "a b") == [asked, "rcs", "a b"]


def test_configuration_files_that_others_include_are_there(tools: Tools) -> None:
    for config in (tools.work / "tools").glob("*.cfg"):
        for line in config.read_text().splitlines():
            if line.startswith("@"):
                assert config.with_name(line.removeprefix("@")).is_file(), config


def test_configuration_files_are_there_for_every_config_option(tools: Tools) -> None:
    for arguments in (("-c", "x.c"), ("-shared", "x.o")):
        for line in tools.run("cc", *arguments):
            if line.startswith("--config="):
                assert Path(line.removeprefix("--config=")).is_file()
