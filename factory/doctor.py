"""What this machine can build with, what is missing, and the command that installs it."""

from __future__ import annotations

import contextlib
import importlib.metadata
import platform
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from factory.engines.docker_daemon import connect
from factory.engines.host_tools import host_tools, missing_tools
from factory.errors import MachineError, UsageError
from factory.model.arch import Arch
from factory.toolchains import Toolchain
from factory.toolchains.llvm import find_llvm
from factory.toolchains.zig import find_zig

# What a cold build of one Python takes for a moment.
NEEDED_BYTES = 3 << 30

# /etc/os-release ID or ID_LIKE -> the command that installs packages. `make`, `perl` and the
# like have the same name everywhere.
_INSTALLERS = {
    "debian": "apt-get install",
    "ubuntu": "apt-get install",
    "alpine": "apk add",
    "fedora": "dnf install",
    "rhel": "dnf install",
    "arch": "pacman -S",
    "suse": "zypper install",
    "opensuse": "zypper install",
    "nixos": "nix-shell -p",
}

# Programs that come in a package of another name.
_PACKAGES = {
    "awk": "gawk",
    "egrep": "grep",
    "find": "findutils",
    "xargs": "findutils",
    "cmp": "diffutils",
    "diff": "diffutils",
    "which": "which",
    "hostname": "hostname",
}
_OWN_PACKAGE = frozenset({"make", "perl", "sed", "grep"})


@dataclass(frozen=True, kw_only=True)
class Remark:
    """One thing that was looked at; `remedy` is a command or advice."""

    subject: str
    good: bool
    message: str
    remedy: str | None = None


def machine_arch() -> Arch:
    """Return this machine's architecture; MachineError for one that the factory lacks."""
    try:
        return Arch.parse(platform.machine())
    except UsageError as error:
        raise MachineError(f"this machine cannot build: {error.message}") from error


def examine(cache_dir: Path) -> Iterator[Remark]:
    """Look at everything that a local build needs."""
    yield _system()
    yield _tools()
    yield _compiler()
    yield _release_compiler()
    yield _bolt()
    yield _space(cache_dir)
    yield _place(cache_dir)
    yield _emulators()
    yield _containers()


def require_build_machine(cache_dir: Path, *, containers: bool = False) -> None:
    """Raise MachineError with all that is missing and how to get it.

    What runs in containers needs neither programs of this machine nor a plain path.
    """
    here = () if containers else (_tools(), _place(cache_dir))
    bad = [remark for remark in (*here, _compiler(), _space(cache_dir)) if not remark.good]
    if bad:
        raise MachineError(
            "; ".join(f"{remark.subject}: {remark.message}" for remark in bad),
            hint="; ".join(remark.remedy for remark in bad if remark.remedy),
        )


def _system() -> Remark:
    name = _os_release().get("PRETTY_NAME", "unknown Linux")
    return Remark(subject="machine", good=True, message=f"{platform.machine()}, {name}")


def _tools() -> Remark:
    names = host_tools()
    missing = missing_tools(names)
    if not missing:
        return Remark(subject="programs", good=True, message=f"all {len(names)} found")
    return Remark(
        subject="programs",
        good=False,
        message=f"missing: {', '.join(missing)}",
        remedy=f"{_installer()} {' '.join(_packages(missing))}",
    )


def _compiler() -> Remark:
    try:
        zig = find_zig()
    except MachineError as error:
        return Remark(subject="compiler", good=False, message=error.message, remedy=error.hint)
    pinned = _pinned_compiler()
    if pinned and zig.version != pinned:
        return Remark(
            subject="compiler",
            good=False,
            message=f"wanted ziglang {pinned}, found {zig.version}",
            remedy=f"pip install ziglang=={pinned}",
        )
    return Remark(subject="compiler", good=True, message=_able(zig))


def _release_compiler() -> Remark:
    """Without it --profile fast builds all the same: that is no fault."""
    try:
        message = _able(find_llvm(find_zig()))
    except MachineError as error:
        message = f"none, so no --profile release: {error.message}; {error.hint}"
    return Remark(subject="release", good=True, message=message)


def _bolt() -> Remark:
    """An option of releases, and perhaps of another compiler than theirs: no fault, either."""
    try:
        message = find_llvm(find_zig(), bolt=True).says
    except MachineError as error:
        message = f"none, so no --bolt: {error.message}; {error.hint}"
    return Remark(subject="BOLT", good=True, message=message)


def _able(toolchain: Toolchain) -> str:
    return f"{toolchain.identity} ({toolchain.capabilities.text()})"


def _pinned_compiler() -> str:
    """Return the version that our metadata demands; a checkout that is not installed has none."""
    try:
        requirements = importlib.metadata.requires("static-python-factory") or []
    except importlib.metadata.PackageNotFoundError:
        return ""
    return next((text for text in requirements if "zig" in text), "").partition("==")[2]


def _space(cache_dir: Path) -> Remark:
    place = next(parent for parent in (cache_dir, *cache_dir.parents) if parent.is_dir())
    free = shutil.disk_usage(place).free
    text = f"{free >> 20} MiB free at {place}"
    if free >= NEEDED_BYTES:
        return Remark(subject="disk space", good=True, message=text)
    return Remark(
        subject="disk space",
        good=False,
        message=f"wanted {NEEDED_BYTES >> 20} MiB, found {text}",
        remedy="'factory cache gc' frees space; FACTORY_CACHE_DIR moves the cache elsewhere",
    )


def _place(cache_dir: Path) -> Remark:
    """Look for characters that make and configure scripts cannot have in a path."""
    path = str(cache_dir.resolve())
    if re.fullmatch(r"[\w./+,@-]*", path, re.ASCII):
        return Remark(subject="cache path", good=True, message=path)
    return Remark(
        subject="cache path",
        good=False,
        message=f"make and configure cannot work below {path!r}",
        remedy="set FACTORY_CACHE_DIR to a path of plain letters, digits and . _ + -",
    )


def _emulators() -> Remark:
    """Foreign results cannot be run without an emulator; that is no fault."""
    names = [arch.value.qemu for arch in Arch if arch.machine != platform.machine()]
    found = [n for name in names for n in (name, f"{name}-static") if shutil.which(n)]
    missing = f"not found, so only {platform.machine()} is verified by running it"
    return Remark(subject="emulators", good=True, message=", ".join(found) or missing)


def _containers() -> Remark:
    """Without a daemon the local engine builds all the same: that is no fault."""
    try:
        with contextlib.closing(connect()) as client:
            version = client.version()
    except MachineError as error:
        return Remark(subject="containers", good=True, message=f"none: {error.message}")
    message = f"Docker {version['Version']}, {version['Arch']}"
    return Remark(subject="containers", good=True, message=message)


def _packages(programs: tuple[str, ...]) -> tuple[str, ...]:
    names = (
        program if program in _OWN_PACKAGE else _PACKAGES.get(program, "coreutils")
        for program in programs
    )
    return tuple(dict.fromkeys(names))


def _installer() -> str:
    release = _os_release()
    ids = (release.get("ID", ""), *release.get("ID_LIKE", "").split())
    return next((_INSTALLERS[name] for name in ids if name in _INSTALLERS), "install")


def _os_release() -> dict[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}
