"""A Debian release's own python3, in a root directory that debootstrap makes, kept in the cache."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from factory.console import Console
from factory.errors import MachineError, UsageError
from factory.sources.debian import apt_mirrors

PREFIX = "debian:"
PYTHON = "/usr/bin/python3"
# Where a run's files are shown inside the root.
INSIDE = "/bench"
# Which of debootstrap's scripts serves releases that are younger than it.
_YOUNGER = "sid"
_SCRIPTS = Path("/usr/share/debootstrap/scripts")
_LOG_END = 600


def suite_of(peer: str) -> str:
    """Return the release that `debian:trixie` names; UsageError for what cannot be one."""
    suite = peer.removeprefix(PREFIX)
    if not re.fullmatch(r"[a-z]+", suite):
        raise UsageError(
            f"--peer {peer}: no name of a Debian release", hint="say --peer debian:trixie"
        )
    return suite


def debian_root(suite: str, cache: Path, console: Console) -> Path:
    """Return a root directory with the release's python3, made once.

    MachineError where it cannot be made; it takes a minute or two, and root.
    """
    place = cache / "peers" / f"debian-{suite}"
    if place.is_dir():
        return place
    program = shutil.which("debootstrap")
    if program is None:
        raise MachineError(
            "no debootstrap, which makes Debian's root", hint="apt-get install debootstrap"
        )
    if os.geteuid() != 0:
        raise MachineError(
            f"--peer {PREFIX}{suite}: debootstrap wants root",
            hint="run it once as root with the same --cache-dir; later runs do without",
        )
    place.parent.mkdir(parents=True, exist_ok=True)
    console.note(f"debootstrap {suite}: a minute or two, kept in {place}")
    with _half_made(place.parent, suite) as root:
        _bootstrap(program, suite, root, _mirror())
        (root / INSIDE.lstrip("/")).mkdir()
        try:
            root.rename(place)
        except OSError:
            if not place.is_dir():  # else another run was faster
                raise
    return place


@contextlib.contextmanager
def _half_made(parent: Path, suite: str) -> Iterator[Path]:
    """Give a directory that is gone, whatever happens, unless it was renamed."""
    root = Path(tempfile.mkdtemp(prefix=f".debian-{suite}-", dir=parent))
    root.chmod(0o755)  # programs there run as others, too
    try:
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _mirror() -> str:
    mirrors = apt_mirrors()
    if not mirrors.urls:
        raise MachineError(
            "apt names no mirror of Debian's to take packages from",
            hint="run this on Debian, or give the path of a Python with --peer",
        )
    return mirrors.urls[0]


def _bootstrap(program: str, suite: str, root: Path, mirror: str) -> None:
    argv = [program, "--variant=minbase", "--include=python3", suite, str(root), mirror]
    if not (_SCRIPTS / suite).exists():
        argv.append(str(_SCRIPTS / _YOUNGER))
    log = root.with_name(f"{root.name}.log")
    try:
        with log.open("wb") as out:
            done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        if done.returncode != 0:
            raise MachineError(
                f"debootstrap {suite} ended with {done.returncode}:\n"
                f"{log.read_text(errors='replace')[-_LOG_END:].strip()}",
                hint="is there such a release on the mirror that apt uses?",
            )
    finally:
        log.unlink(missing_ok=True)
