from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from factory.errors import ExitCode, MachineError, UsageError
from factory.model.arch import Arch
from factory.model.target import Profile
from factory.toolchains import Capabilities, Toolchain, choose, llvm, local_environment
from factory.toolchains.choose import choose_toolchain
from factory.toolchains.llvm import LlvmToolchain, find_llvm
from factory.toolchains.zig import ZigToolchain, find_zig

BOLT = ("llvm-bolt", "merge-fdata")
PROGRAMS = ("clang", "ld.lld", "llvm-ar", "llvm-ranlib", "llvm-profdata")


@pytest.fixture
def zig(tmp_path: Path) -> ZigToolchain:
    return ZigToolchain(version="1.2.3", zig=tmp_path / "zig/zig")


def install(root: Path, version: str, *, runtime: bool = True, bolt: bool = False) -> Path:
    """Programs that say their version, or what they were asked for."""
    (root / "bin").mkdir(parents=True)
    for name in (*PROGRAMS, *(BOLT if bolt else ())):
        program = root / "bin" / name
        program.write_text(
            f"#!/bin/sh\nsays='clang version {version} (x)'\n"
            '[ "$1" != --version ] || { echo "$says"; exit; }\n'
            f"printf '%s\\n' {name} \"$@\"\n"
        )
        program.chmod(0o755)
    (root / "lib/clang/20/include").mkdir(parents=True)
    (root / "lib/clang/20/include/stddef.h").touch()
    if bolt:
        (root / "lib/libbolt_rt_instr.a").write_text("counts blocks")
    if runtime:
        place = root / "lib/clang/20/lib/x86_64-unknown-linux-gnu"
        place.mkdir(parents=True)
        (place / "libclang_rt.profile.a").write_text("counts")
    return root


def nowhere(monkeypatch: pytest.MonkeyPatch, *places: Path) -> None:
    monkeypatch.setattr(llvm, "_places", lambda: iter(places))


def test_a_path_comes_first(zig: ZigToolchain, tmp_path: Path) -> None:
    found = find_llvm(zig, install(tmp_path / "llvm", "20.1.2"))
    assert (found.version, found.major, found.root) == ("20.1.2", 20, tmp_path / "llvm")
    assert found.identity == "clang version 20.1.2 (x); zig 1.2.3"
    assert found.capabilities.pgo
    toolchain: Toolchain = found
    assert toolchain.name == "llvm"


def test_the_first_whole_installation_is_taken(
    zig: ZigToolchain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    partial, whole = install(tmp_path / "a", "23.1.0"), install(tmp_path / "b", "22.1.0")
    (partial / "bin/ld.lld").unlink()
    nowhere(monkeypatch, tmp_path / "nothing", partial, whole)
    assert find_llvm(zig).root == whole


def test_nowhere(zig: ZigToolchain, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere(monkeypatch)
    with pytest.raises(MachineError, match="no LLVM") as caught:
        find_llvm(zig)
    assert caught.value.exit_code is ExitCode.MACHINE
    assert "[llvm]" in (caught.value.hint or "")


def test_a_path_without_some_programs(zig: ZigToolchain, tmp_path: Path) -> None:
    root = install(tmp_path / "llvm", "20.1.2")
    (root / "bin/llvm-profdata").unlink()
    with pytest.raises(MachineError, match=r"llvm/bin: no llvm-profdata"):
        find_llvm(zig, root)


@pytest.mark.parametrize("version", ["15.0.7", "19.1.7"])
def test_too_old(zig: ZigToolchain, tmp_path: Path, version: str) -> None:
    """19 merges the computed gotos of the evaluation loop."""
    with pytest.raises(MachineError, match=rf"clang is {re.escape(version)}, wanted 20 or newer"):
        find_llvm(zig, install(tmp_path / "llvm", version))


def test_functions_are_ordered_by_new_linkers(zig: ZigToolchain, tmp_path: Path) -> None:
    for version, can in (("20.1.2", False), ("21.1.0", True)):
        found = find_llvm(zig, install(tmp_path / version, version))
        assert found.capabilities.ordering is can


def test_bolt_is_there_or_it_is_said_what_lacks(zig: ZigToolchain, tmp_path: Path) -> None:
    root = install(tmp_path / "llvm", "22.1.8", bolt=True)
    found = find_llvm(zig, root, bolt=True)
    assert found.capabilities.bolt
    assert found.capabilities.text().endswith(", BOLT")
    assert {Path(file.into).name for file in found.bolt_files} == {"bolt", "merge-fdata"}
    (root / "lib/libbolt_rt_instr.a").unlink()
    assert find_llvm(zig, root).capabilities.text().endswith(", no BOLT")
    with pytest.raises(MachineError, match=r"llvm has no lib/libbolt_rt_instr.a") as caught:
        find_llvm(zig, root, bolt=True)
    assert caught.value.exit_code is ExitCode.MACHINE
    assert "libbolt-NN-dev" in (caught.value.hint or "")


def test_an_installation_without_bolt_is_passed_over(
    zig: ZigToolchain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = install(tmp_path / "a", "23.1.0")
    whole = install(tmp_path / "b", "22.1.0", bolt=True)
    nowhere(monkeypatch, without, whole)
    assert find_llvm(zig).root == without
    assert find_llvm(zig, bolt=True).root == whole
    assert choose_toolchain("auto", Profile.RELEASE, bolt=True).capabilities.bolt
    nowhere(monkeypatch, without)
    with pytest.raises(
        MachineError, match=r"no LLVM with bin/llvm-bolt, bin/merge-fdata"
    ) as caught:
        find_llvm(zig, bolt=True)
    assert "--toolchain-path" in (caught.value.hint or "")


def test_a_clang_that_does_not_run(zig: ZigToolchain, tmp_path: Path) -> None:
    root = install(tmp_path / "llvm", "20.1.2")
    (root / "bin/clang").write_text("#!/bin/sh\necho no libLLVM >&2\nexit 127\n")
    with pytest.raises(MachineError, match="does not run: no libLLVM"):
        find_llvm(zig, root)


def test_trees_hold_what_builds_use_and_nothing_else(zig: ZigToolchain, tmp_path: Path) -> None:
    root = install(tmp_path / "llvm", "20.1.2", bolt=True)
    for name in ("bin/python3", "lib/python3.11/site.py", "lib/libLLVM.so.20.1"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    trees = find_llvm(zig, root).trees()
    assert set(trees) == {"llvm", "zig"}
    names = {str(path) for path in trees["llvm"].files()}
    assert {"bin/clang", "bin/llvm-profdata", "lib/libLLVM.so.20.1"} <= names
    assert "lib/clang/20/include/stddef.h" in names
    assert {"bin/llvm-bolt", "bin/merge-fdata", "lib/libbolt_rt_instr.a"} <= names
    assert not [name for name in names if "python" in name]


def run(found: LlvmToolchain, work: Path, program: str, *arguments: str) -> list[str]:
    for file in (*found.files, *found.bolt_files):
        place = work / file.into
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.path.read_bytes())
        place.chmod(0o755 if file.executable else 0o644)
    environment = {
        "PATH": f"{work}/tools:/usr/bin:/bin",
        "FACTORY_WORK": str(work),
        **dict(local_environment(found)),
        **dict(found.target_environment(Arch.X86_64)),
    }
    command = [str(work / "tools" / program), *arguments]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


def test_programs(zig: ZigToolchain, tmp_path: Path) -> None:
    root = install(tmp_path / "llvm", "20.1.2", bolt=True)
    found, work = find_llvm(zig, root), tmp_path / "work"
    said = run(found, work, "cc", "-c", "two words.c")
    assert said[:2] == ["clang", "--no-default-config"]
    assert said[-2:] == ["-c", "two words.c"]
    assert "--target=x86_64-linux-musl" in said
    for name, asked in (("ar", "llvm-ar"), ("ld", "ld.lld"), ("profdata", "llvm-profdata")):
        assert run(found, work, name, "a b") == [asked, "a b"]
    for name, asked in (("bolt", "llvm-bolt"), ("merge-fdata", "merge-fdata")):
        assert run(found, work, name, "a b") == [asked, "a b"]


@pytest.mark.parametrize(
    "name",
    ["x86_64-unknown-linux-gnu/libclang_rt.profile.a", "linux/libclang_rt.profile-x86_64.a"],
)
def test_the_profile_runtime_is_copied(zig: ZigToolchain, tmp_path: Path, name: str) -> None:
    root = install(tmp_path / "llvm", "20.1.2", runtime=False)
    for other in ("aarch64-unknown-linux-gnu/libclang_rt.profile.a", name):
        place = root / "lib/clang/20/lib" / other
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(other)
    said = run(find_llvm(zig, root), tmp_path / "work", "copy-profile-runtime", str(tmp_path))
    assert (tmp_path / "libprofile_runtime.a").read_text() == name
    # The programs here only say what they were asked for.
    assert f"{tmp_path}/work/tools/fortified.c" in said
    assert said[-4:-1] == ["llvm-ar", "rcs", f"{tmp_path}/libprofile_runtime.a"]


def test_auto_is_zig_and_llvm_for_a_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere(monkeypatch, install(tmp_path / "llvm", "20.1.2"))
    assert choose_toolchain("auto", Profile.FAST).name == "zig"
    assert choose_toolchain("llvm", Profile.FAST).name == "llvm"
    assert choose_toolchain("auto", Profile.RELEASE).name == "llvm"
    assert choose_toolchain("auto", Profile.FAST, tmp_path / "llvm").name == "llvm"


def test_what_cannot_count_cannot_make_a_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match=r"zig .* has LTO, no PGO") as caught:
        choose_toolchain("zig", Profile.RELEASE)
    assert caught.value.hint == "say --toolchain llvm"
    nowhere(monkeypatch, install(tmp_path / "llvm", "20.1.2", runtime=False))
    with pytest.raises(UsageError, match=r"clang version 20.* has LTO, no PGO") as caught:
        choose_toolchain("auto", Profile.RELEASE)
    assert "profile runtime" in (caught.value.hint or "")


def test_a_path_is_for_llvm(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--toolchain-path is for LLVM"):
        choose_toolchain("zig", Profile.FAST, tmp_path)


def test_the_installed_one() -> None:
    """The extra `llvm` is part of the development environment."""
    found = find_llvm(find_zig())
    assert found.capabilities == Capabilities(lto=True, pgo=True, tail_call=True, ordering=True)
    assert found.major >= llvm.OLDEST
    assert {"auto", found.name, found.zig.name} == set(choose.NAMES)
