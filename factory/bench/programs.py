"""pyperformance's programs: which there are, where their files lie, what they require.

The program files are those of the installed pyperformance, byte for byte; `probes/program.py` runs
them as workers of pyperf, so that this module says how often and the interpreters need no pip.
"""

from __future__ import annotations

import difflib
import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pyperf
from packaging.specifiers import SpecifierSet
from pyperformance import _manifest

from factory.bench.facts import BenchFacts
from factory.console import Console
from factory.errors import MachineError, UsageError

_PIP_SECONDS = 600


@dataclass(frozen=True, kw_only=True)
class Program:
    """One entry of pyperformance's manifest.

    `script` is relative to the folder of all benchmarks; `requirements` are pinned, a line each.
    """

    name: str
    script: str
    arguments: tuple[str, ...]
    requirements: tuple[str, ...]
    pythons: SpecifierSet


@dataclass(frozen=True, kw_only=True)
class ProgramFiles:
    """Where the programs' files lie in a run's workspace."""

    folder: str
    site: str


def known_programs() -> dict[str, Program]:
    """Read the manifest of the installed pyperformance."""
    manifest = _manifest.load_manifest(None)
    base = _benchmarks_folder()
    found = {}
    for entry in manifest.benchmarks:
        script = Path(entry.runscript)
        lock = Path(entry.requirements_lockfile)
        found[entry.name] = Program(
            name=entry.name,
            script=script.relative_to(base).as_posix(),
            arguments=tuple(entry.extra_opts),
            requirements=_requirements(lock),
            pythons=entry.python,
        )
    return found


def choose(
    facts: BenchFacts, *, named: Sequence[str], full: bool, quick: bool
) -> tuple[Program, ...]:
    """Choose programs: those that are named, else a subset; UsageError for an unknown name."""
    known = known_programs()
    if full and (named or quick):
        raise UsageError("--full is every program", hint="say --full alone")
    if named:
        names = list(dict.fromkeys(named))
    elif full:
        names = [name for name in known if name not in facts.left_out]
    else:
        names = list(facts.quick_programs if quick else facts.programs)
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=3)
            raise UsageError(
                f"pyperformance {version('pyperformance')} has no program {name!r}",
                hint=f"did you mean {' or '.join(near)}?"
                if near
                else f"it has: {', '.join(known)}",
            )
    return tuple(known[name] for name in names)


def lay_out(
    programs: Sequence[Program], workspace: Path, cache: Path, console: Console
) -> ProgramFiles:
    """Copy what the programs need into the workspace, the same bytes for all interpreters."""
    site = workspace / "site"
    shutil.copytree(Path(pyperf.__file__).parent, site / "pyperf", ignore=_no_byte_code)
    for folder in {Path(program.script).parts[0] for program in programs}:
        source = _benchmarks_folder() / folder
        shutil.copytree(source, workspace / "programs" / folder, ignore=_no_byte_code)
    for program in programs:
        if program.requirements:
            packages = _packages(program, cache, console)
            shutil.copytree(packages, site, ignore=_no_byte_code, dirs_exist_ok=True)
    return ProgramFiles(folder="programs", site="site")


_no_byte_code = shutil.ignore_patterns("__pycache__")


def _benchmarks_folder() -> Path:
    return Path(_manifest.DEFAULTS_DIR)


def _requirements(lock: Path) -> tuple[str, ...]:
    if not lock.is_file():
        return ()
    lines = (line.split("#")[0].strip() for line in lock.read_text(encoding="utf-8").splitlines())
    return tuple(line for line in lines if line)


def _packages(program: Program, cache: Path, console: Console) -> Path:
    """Have pip fetch a program's requirements, wheels that any Python takes; kept in the cache."""
    digest = hashlib.sha256("\n".join(program.requirements).encode()).hexdigest()[:16]
    place = cache / "bench" / f"packages-{digest}"
    if place.is_dir():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    console.note(f"{program.name}: fetching {', '.join(program.requirements)}")
    with tempfile.TemporaryDirectory(prefix=".packages-", dir=place.parent) as folder:
        half = Path(folder, "packages")
        _pip(program, half)
        try:
            half.rename(place)
        except OSError:
            if not place.is_dir():  # else another run was faster
                raise
    return place


def _pip(program: Program, target: Path) -> None:
    argv = [
        *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"),
        *("--only-binary", ":all:", "--platform", "any", "--abi", "none"),
        *("--implementation", "py", "--disable-pip-version-check", "--no-input"),
        *("--target", str(target), *program.requirements),
    ]
    done = subprocess.run(
        argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_PIP_SECONDS
    )
    if done.returncode != 0:
        raise MachineError(
            f"{program.name}: pip has no {', '.join(program.requirements)} for every Python: "
            f"{done.stderr.strip()[-400:]}",
            hint="leave the program out, or see what pip says by hand",
        )
