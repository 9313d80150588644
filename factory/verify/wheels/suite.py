"""Run the wheel suite: install what is listed, use it on the host and in an empty root."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from factory.console import Console, Progress
from factory.errors import MachineError
from factory.model.arch import Arch
from factory.model.report import Finding, Report
from factory.verify.case import Say
from factory.verify.dist import Dist, DistError, open_dist
from factory.verify.elf import ElfError, read_elf
from factory.verify.interpreter import Answer, Interpreter, RunError, find_emulator
from factory.verify.runtime import identify
from factory.verify.wheels.installed import (
    Distribution,
    Environment,
    NoWheelError,
    make_environment,
)
from factory.verify.wheels.listed import (
    EMPTY_ROOT,
    KnownFailure,
    Package,
    WheelList,
    load_wheels,
)
from factory.verify.wheels.places import Place, in_an_empty_root, on_the_host


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One artifact that starts: the Python in it, opened and asked for its version."""

    dist: Dist
    interpreter: Interpreter
    version: str


@dataclass(frozen=True, kw_only=True)
class Installed:
    """What pip made of the list: where the wheels are, what came, and why others did not."""

    site_packages: Path
    distributions: dict[str, Distribution]
    refused: dict[str, Finding] = field(default_factory=dict)


def verify_wheels(
    paths: Sequence[Path],
    console: Console,
    *,
    quick: bool = False,
    wheels: WheelList | None = None,
) -> tuple[Report, ...]:
    """Install the wheels once for each version of Python, use them with each artifact.

    Raise UsageError where there is no artifact, MachineError where there is no pip.
    """
    wheels = wheels or load_wheels()
    packages = wheels.chosen(quick=quick)
    with tempfile.TemporaryDirectory(prefix="wheels-", ignore_cleanup_errors=True) as folder:
        workspace = Path(folder).resolve()
        subjects = [_subject(path, workspace, number) for number, path in enumerate(paths)]
        suite = _Suite(wheels=wheels, packages=packages, workspace=workspace, console=console)
        runnable = [one for one in subjects if isinstance(one, Subject)]
        return tuple(
            suite.report(one, runnable) if isinstance(one, Subject) else one for one in subjects
        )


def _subject(path: Path, workspace: Path, number: int) -> Subject | Report:
    """Open an artifact in a directory of its own; a report when it is none or does not start."""
    folder = workspace / str(number)
    scratch = folder / "scratch"
    scratch.mkdir(parents=True)
    say = Say("artifact", path.resolve().name)
    try:
        dist = open_dist(path, folder)
        machine = read_elf(dist.executable).machine
        arch = Arch.of_elf(machine)
        if arch and find_emulator(arch) != ():
            return _only(path, say.warning(f"not run: it is for {machine}, this machine is not"))
        interpreter = Interpreter(executable=str(dist.executable), scratch=scratch)
        return Subject(dist=dist, interpreter=interpreter, version=identify(interpreter).version)
    except (DistError, ElfError, RunError) as error:
        return _only(path, say.error(error.message))


def _only(path: Path, finding: Finding) -> Report:
    return Report(subject=path.resolve().name, findings=(finding,))


@dataclass(frozen=True, kw_only=True)
class _Suite:
    wheels: WheelList
    packages: tuple[Package, ...]
    workspace: Path
    console: Console
    installed: dict[str, Installed | Finding] = field(default_factory=dict)

    def report(self, subject: Subject, others: Sequence[Subject]) -> Report:
        """Install, unless that was done for another artifact of this version, and use."""
        if subject.version not in self.installed:
            same = [one for one in others if one.version == subject.version]
            self.installed[subject.version] = self._install(subject.version, same)
        found = self.installed[subject.version]
        if isinstance(found, Finding):
            return Report(subject=subject.dist.subject, findings=(found,))
        findings = tuple(self._findings(subject, found))
        return Report(subject=subject.dist.subject, findings=findings)

    def _install(self, version: str, subjects: Sequence[Subject]) -> Installed | Finding:
        """Install with the pip of the first subject."""
        maker = subjects[0].interpreter
        place = self.workspace / f"venv-{version}"
        self.console.note(f"installing {len(self.packages)} packages for Python {version}")
        try:
            environment = make_environment(maker, place)
        except RunError as error:
            return Say("venv", "host").error(error.message)
        with self.console.progress("pip", len(self.packages), "package") as progress:
            refused = dict(_refusals(environment, self.packages, progress))
        return Installed(
            site_packages=environment.site_packages,
            distributions=environment.distributions(),
            refused=refused,
        )

    def _findings(self, subject: Subject, installed: Installed) -> Iterator[Finding]:
        for package in self.packages:
            yield installed.refused.get(package.name) or _origin(package, installed)
        usable = [one for one in self.packages if one.name not in installed.refused]
        yield from self._used(
            on_the_host(subject.interpreter, installed.site_packages), subject, usable
        )
        try:
            root = in_an_empty_root(subject.dist, subject.interpreter, installed.site_packages)
        except (MachineError, RunError) as error:
            yield Say("wheels", EMPTY_ROOT).warning(f"not run: {error.message}")
            return
        yield from self._used(root, subject, usable)

    def _used(self, place: Place, subject: Subject, packages: list[Package]) -> Iterator[Finding]:
        what = f"{subject.dist.subject}, {place.name}"
        self.console.note(f"using {len(packages)} packages: {what}")
        with self.console.progress(place.name, len(packages), "package") as progress:
            for package in packages:
                progress.describe(package.name)
                known = self.wheels.known_failure(package.name, place.name, subject.version)
                yield _use(package, place, known)
                progress.advance(1)


def _refusals(
    environment: Environment, packages: tuple[Package, ...], progress: Progress
) -> Iterator[tuple[str, Finding]]:
    """Install one by one, so that a package that cannot be had does not hide the others."""
    for package in packages:
        progress.describe(package.name)
        say = Say(package.name, "pip")
        try:
            environment.install(package.name)
        except NoWheelError as error:
            yield package.name, say.warning(f"no wheel for this Python on musl: {error.name}")
        except RunError as error:
            yield package.name, say.error(error.message)
        progress.advance(1)


def _origin(package: Package, installed: Installed) -> Finding:
    """Say which wheel was installed, and whether it has compiled code."""
    say = Say(package.name, "pip")
    found = installed.distributions.get(package.compiled)
    if found is None:
        return say.error(f"pip installed no {package.compiled}")
    text = f"{package.compiled} {found.version}, {', '.join(found.tags)}"
    if not found.compiled:
        return say.warning(f"no musllinux wheel: {text}")
    return say.ok(text)


def _use(package: Package, place: Place, known: KnownFailure | None) -> Finding:
    say = Say(package.name, place.name)
    try:
        answers = place.use(package)
        failure = "; ".join(_told(answer) for answer in answers if not answer.passed)
    except RunError as error:
        failure = error.message
    if failure and known:
        return say.note(f"known failure, {known.cause}: {failure}")
    if failure:
        return say.error(failure)
    if known:
        return say.error(f"it works: remove it from known_failures ({known.cause})")
    shown = "".join(f"; with {need.path}" for need in package.needs if place.root)
    return say.ok("; ".join(answer.detail for answer in answers) + shown)


def _told(answer: Answer) -> str:
    return f"{answer.question.replace('_', ' ')}: {answer.detail}"
