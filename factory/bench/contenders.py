"""The interpreters of a run, opened: how each is started, and what it says of itself."""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from factory.bench.debian import INSIDE, PREFIX, PYTHON, debian_root, suite_of
from factory.bench.processes import PROBES, ProcessError, Spawner, Used
from factory.bench.run import Contender
from factory.console import Console
from factory.errors import MachineError, UsageError
from factory.verify.dist import DistError, is_archive, open_dist
from factory.verify.empty_root import way_in

_ASK = """\
import json, os, sys, sysconfig
print(json.dumps({
    "version": sys.version.split()[0],
    "details": " ".join(sys.version.split()),
    "multiarch": sysconfig.get_config_var("MULTIARCH") or "",
    "executable": os.path.realpath(sys.executable),
    "library": sysconfig.get_path("stdlib"),
}))
"""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """What an interpreter says of itself; paths are as it sees them."""

    version: str
    details: str
    multiarch: str
    executable: str
    library: str

    @property
    def minor(self) -> str:
        """The minor version, `3.13`."""
        return ".".join(self.version.split(".")[:2])


@dataclass(frozen=True, kw_only=True)
class Opened:
    """An interpreter that can be started.

    `python` is its path and `workspace` that of the run's files, both as it sees them; `root` is
    its root directory on the host.
    """

    name: str
    python: str
    workspace: str
    root: Path
    spawner: Spawner
    identity: Identity

    def run(
        self, *arguments: str, stdin: str = "", seconds: float = 60, seed: int | None = None
    ) -> Used:
        """Start it in the workspace, in an environment that is the same for all."""
        environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": self.workspace,
            "TMPDIR": f"{self.workspace}/tmp",
            "LC_ALL": "C.UTF-8",
        }
        if seed is not None:
            environment["PYTHONHASHSEED"] = str(seed)
        return self.spawner.run(
            (self.python, *arguments),
            cwd=self.workspace,
            environment=environment,
            stdin=stdin,
            seconds=seconds,
        )

    def probe(self, name: str) -> str:
        """Give the path of a file of `probes/` as the interpreter sees it."""
        return f"{self.workspace}/probes/{name}.py"

    def on_host(self, path: str) -> Path:
        """Give the host's path of a file that the interpreter sees."""
        return self.root / path.lstrip("/")

    @property
    def contender(self) -> Contender:
        """What a report says of it."""
        return Contender(
            name=self.name, version=self.identity.version, details=self.identity.details
        )


@contextlib.contextmanager
def open_all(
    wanted: Sequence[str], workspace: Path, cache: Path, console: Console
) -> Iterator[tuple[Opened, ...]]:
    """Open interpreters in their order; UsageError for what is no interpreter."""
    shutil.copytree(PROBES, workspace / "probes")
    (workspace / "tmp").mkdir()
    names = _names(wanted)
    with contextlib.ExitStack() as stack:
        opened = []
        for number, (text, name) in enumerate(zip(wanted, names, strict=True)):
            if text.startswith(PREFIX):
                one = _open_debian(text, name, workspace, cache, console, stack)
            else:
                one = _open_path(Path(text), name, workspace, workspace / f"dist-{number}", stack)
            opened.append(replace(one, identity=_ask(one)))
        yield tuple(opened)


def _names(wanted: Sequence[str]) -> list[str]:
    """Name each by its file; those of one name are numbered."""
    names: list[str] = []
    for text in wanted:
        name = text if text.startswith(PREFIX) else Path(text).absolute().name
        count = sum(known == name or known.startswith(f"{name} #") for known in names)
        names.append(f"{name} #{count + 1}" if count else name)
    return names


_UNKNOWN = Identity(version="", details="", multiarch="", executable="", library="")


def _open_path(
    path: Path, name: str, workspace: Path, place: Path, stack: contextlib.ExitStack
) -> Opened:
    executable = _executable(path, place)
    spawner = Spawner((sys.executable, "-I", "-S", str(PROBES / "spawner.py")))
    return Opened(
        name=name,
        python=str(executable),
        workspace=str(workspace),
        root=Path("/"),
        spawner=stack.enter_context(spawner),
        identity=_UNKNOWN,
    )


def _executable(path: Path, place: Path) -> Path:
    """Find the interpreter; one that is no artifact keeps its path, which a venv goes by."""
    if not path.exists():
        raise UsageError(
            f"there is no {path}",
            hint="give an executable, an archive or its tree, or debian:SUITE",
        )
    if path.is_file() and not is_archive(path):
        return path.absolute()
    place.mkdir()
    try:
        return open_dist(path, place).executable
    except DistError as error:
        raise UsageError(f"{path}: {error.message}") from error


def _open_debian(
    text: str,
    name: str,
    workspace: Path,
    cache: Path,
    console: Console,
    stack: contextlib.ExitStack,
) -> Opened:
    root = debian_root(suite_of(text), cache, console)
    # The Python of the release starts the programs: the host's would be outside of the root. /dev
    # and /proc are the host's, as they are for the others.
    shown = {"/dev": "/dev", "/proc": "/proc", str(workspace): INSIDE}
    enter = way_in(root, show=shown)
    spawner = Spawner((*enter, PYTHON, "-I", "-S", f"{INSIDE}/probes/spawner.py"))
    return Opened(
        name=name,
        python=PYTHON,
        workspace=INSIDE,
        root=root,
        spawner=stack.enter_context(spawner),
        identity=_UNKNOWN,
    )


def _ask(opened: Opened) -> Identity:
    try:
        used = opened.run("-I", "-c", _ASK).expect(f"{opened.name} asked for its version")
        return Identity(**json.loads(used.out))
    except (ProcessError, ValueError, TypeError) as error:
        raise UsageError(
            f"{opened.name} is no Python that runs here: {error}",
            hint="try it by hand: INTERPRETER -I -c 'import sys; print(sys.version)'",
        ) from error
    except MachineError as error:
        raise MachineError(f"{opened.name}: {error.message}", hint=error.hint) from error
