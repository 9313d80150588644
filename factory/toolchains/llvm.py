"""The toolchain of LLVM itself: clang, lld, llvm-ar, llvm-profdata, the profile runtime and BOLT.

What the `karellen-llvm-*` wheels of PyPI install beside the factory, or a system's versioned
package. Headers of the kernel and compiler-rt's sources come from the zig wheel here, too.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from packaging.version import Version

from factory.errors import MachineError
from factory.model.arch import Arch
from factory.model.plan import File
from factory.toolchains import Capabilities, Tree
from factory.toolchains.programs import programs
from factory.toolchains.zig import ZigToolchain

# 19 merges the computed gotos of the evaluation loop into a few, which makes it 10% slower, and it
# does not know the `$` of our configuration files.
# https://github.com/llvm/llvm-project/issues/106846, https://github.com/llvm/llvm-project/pull/117573
OLDEST = 20
# https://github.com/llvm/llvm-project/pull/120514
_ORDERS = 21
_INSTALL = "pip install 'static-python-factory[llvm]'"
_PROGRAMS = ("clang", "ld.lld", "llvm-ar", "llvm-ranlib", "llvm-profdata")
# What `--bolt` needs; the runtime is linked into the interpreter that counts.
_BOLT = ("bin/llvm-bolt", "bin/merge-fdata", "lib/libbolt_rt_instr.a")
_INSTALL_BOLT = "an LLVM with BOLT (Debian: clang-NN, lld-NN, llvm-NN, bolt-NN, libbolt-NN-dev)"
# All of an installation that builds use, links included: it may hold much else.
_MEMBERS = (
    *(f"bin/{name}" for name in ("clang", "clang-[0-9]*", "lld", *_PROGRAMS[1:])),
    "lib/libLLVM*.so*",
    "lib/libclang-cpp.so*",
    "lib/*-linux-gnu/lib*.so*",
    *_BOLT,
    "lib/clang/*/include/**/*",
    "lib/clang/*/lib/*linux*/libclang_rt.profile*.a",
)


@dataclass(frozen=True, kw_only=True)
class LlvmToolchain:
    """An installation with `bin/clang` and `lib/clang` below `root`.

    `version` is clang's; `says` is all that it says of itself.
    """

    version: str
    says: str
    root: Path
    zig: ZigToolchain
    has_profile_runtime: bool
    name: str = "llvm"
    files: tuple[File, ...] = field(default_factory=lambda: programs("common", "llvm"))
    cross_files: tuple[File, ...] = field(default_factory=lambda: programs("common/cross"))
    bolt_files: tuple[File, ...] = field(default_factory=lambda: programs("llvm/bolt"))

    @property
    def identity(self) -> str:
        """Two compilers of one version may differ in their patches, which they say."""
        return f"{self.says}; {self.zig.identity}"

    @property
    def major(self) -> int:
        """The number after clang's name."""
        return Version(self.version).major

    @property
    def capabilities(self) -> Capabilities:
        """All of it in new versions, where the profile runtime is installed."""
        return Capabilities(
            lto=True,
            pgo=self.has_profile_runtime,
            tail_call=True,
            ordering=self.major >= _ORDERS,
            bolt=not _without_bolt(self.root),
        )

    def trees(self) -> Mapping[str, Tree]:
        """LLVM and zig, each with the files that builds use."""
        return {"llvm": Tree(path=self.root, patterns=_MEMBERS), **self.zig.trees()}

    def environment(self, places: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """Where LLVM is, and what zig needs."""
        return (("FACTORY_LLVM", places["llvm"]), *self.zig.environment(places))

    def target_environment(self, arch: Arch) -> tuple[tuple[str, str], ...]:
        """Return the names under which clang and the kernel's headers know the target."""
        return self.zig.target_environment(arch)


def find_llvm(zig: ZigToolchain, path: Path | None = None, *, bolt: bool = False) -> LlvmToolchain:
    """Find LLVM in `path`, else beside the factory, else among the system's versioned packages.

    With `bolt` those that have no BOLT are passed over. MachineError where there is none, or where
    the one in `path` is incomplete or too old.
    """
    if path is not None:
        return _with_bolt(path.absolute(), zig) if bolt else _at(path.absolute(), zig)
    for place in _places():
        whole = all((place / "bin" / name).is_file() for name in _PROGRAMS)
        if whole and not (bolt and _without_bolt(place)):
            return _at(place, zig)
    if bolt:
        raise MachineError(
            f"no LLVM with {', '.join(_BOLT)}: neither beside the factory nor in "
            f"/usr/lib/llvm-{OLDEST} or newer",
            hint=f"{_INSTALL_BOLT}, or --toolchain-path DIR",
        )
    raise MachineError(
        f"no LLVM: neither beside the factory nor in /usr/lib/llvm-{OLDEST} or newer",
        hint=f"{_INSTALL}, or the system's clang, lld and llvm, or --toolchain-path DIR",
    )


def _places() -> Iterator[Path]:
    yield Path(sys.prefix)
    versions = {
        int(found[1]): place
        for place in Path("/usr/lib").glob("llvm*")
        if (found := re.fullmatch(r"llvm-?(\d+)", place.name))
    }
    for version in sorted(versions, reverse=True):
        if version >= OLDEST:
            yield versions[version]


def _without_bolt(root: Path) -> tuple[str, ...]:
    """Name what BOLT's steps lack."""
    return tuple(name for name in _BOLT if not (root / name).is_file())


def _with_bolt(root: Path, zig: ZigToolchain) -> LlvmToolchain:
    found = _at(root, zig)
    if missing := _without_bolt(root):
        raise MachineError(f"--bolt: {root} has no {', '.join(missing)}", hint=_INSTALL_BOLT)
    return found


def _at(root: Path, zig: ZigToolchain) -> LlvmToolchain:
    if missing := [name for name in _PROGRAMS if not (root / "bin" / name).is_file()]:
        raise MachineError(
            f"{root / 'bin'}: no {', '.join(missing)}", hint=f"an installation of LLVM; {_INSTALL}"
        )
    clang = root / "bin/clang"
    try:
        done = subprocess.run([clang, "--version"], capture_output=True, text=True)
    except OSError as error:
        raise MachineError(f"{clang} does not run: {error.strerror}", hint=_INSTALL) from error
    says = done.stdout.partition("\n")[0]
    version = re.search(r"version (\d+\.\d+\.\d+)", says)
    if done.returncode or version is None:
        raise MachineError(f"{clang} does not run: {done.stderr.strip() or says}", hint=_INSTALL)
    if Version(version[1]).major < OLDEST:
        raise MachineError(f"{clang} is {version[1]}, wanted {OLDEST} or newer", hint=_INSTALL)
    return LlvmToolchain(
        version=version[1],
        says=says,
        root=root,
        zig=zig,
        has_profile_runtime=any(root.glob(_MEMBERS[-1])),
    )
