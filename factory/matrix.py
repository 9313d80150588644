"""The GitHub Actions matrix: what factory.yaml asks for, as jobs.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstrategymatrix
"""

from __future__ import annotations

import itertools
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from factory.catalog import Catalog, Table
from factory.errors import UsageError
from factory.model.arch import Arch
from factory.model.target import USUAL_FLAVORS, Flavor, Profile

FILE = Path("factory.yaml")
PROFILES = tuple(profile.value for profile in Profile)
_USUAL_PROFILES = (Profile.FAST.value,)
# What GitHub takes in one matrix.
MOST_JOBS = 256


@dataclass(frozen=True, kw_only=True)
class Exclusion:
    """What is not to be built; None stands for all."""

    python: str | None
    arch: Arch | None
    profile: str | None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What one factory.yaml asks for. `pythons` as --python takes them."""

    pythons: tuple[str, ...]
    arches: tuple[Arch, ...]
    flavors: tuple[Flavor, ...] = USUAL_FLAVORS
    profiles: tuple[str, ...] = _USUAL_PROFILES
    exclusions: tuple[Exclusion, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job of the matrix: exact versions that one machine builds, one after the other."""

    pythons: tuple[str, ...]
    arch: Arch
    profile: str
    flavors: tuple[Flavor, ...]

    def as_json(self) -> dict[str, str]:
        """Describe it in the words of a workflow; lists are separated by spaces."""
        name = " ".join((*self.pythons, self.arch.machine))
        return {
            "name": name if self.profile in _USUAL_PROFILES else f"{name} {self.profile}",
            "runner": self.arch.value.github_runner,
            "python": " ".join(self.pythons),
            "arch": self.arch.machine,
            "profile": self.profile,
            "flavor": " ".join(flavor.value for flavor in self.flavors),
        }


def load_settings(file: Path) -> Settings:
    """Read a factory.yaml (docs/github-actions.md has the schema); UsageError for a mistake."""
    table = Table.load(file)
    settings = Settings(
        pythons=table.texts("pythons"),
        arches=tuple(Arch.parse(name) for name in table.texts("architectures")),
        flavors=_flavors(table, table.texts("flavors")) or USUAL_FLAVORS,
        profiles=_profiles(table, table.texts("profiles")) or _USUAL_PROFILES,
        exclusions=tuple(_exclusion(row) for row in table.tables("exclude")),
    )
    table.done()
    for key, value in (("pythons", settings.pythons), ("architectures", settings.arches)):
        if not value:
            raise table.wrong(key, "missing: nothing would be built")
    return settings


def _flavors(table: Table, names: Collection[str]) -> tuple[Flavor, ...]:
    known = {flavor.value: flavor for flavor in Flavor}
    return tuple(known[table.one_of("flavors", name, known)] for name in names)


def _profiles(table: Table, names: Collection[str]) -> tuple[str, ...]:
    return tuple(table.one_of("profiles", name, PROFILES) for name in names)


def _exclusion(row: Table) -> Exclusion:
    arch = row.optional_text("arch")
    found = Exclusion(
        python=row.optional_text("python"),
        arch=Arch.parse(arch) if arch else None,
        profile=row.optional_text("profile"),
    )
    row.done()
    if found == Exclusion(python=None, arch=None, profile=None):
        raise row.wrong("", "would exclude everything")
    return found


def make_jobs(settings: Settings, catalog: Catalog, most: int = MOST_JOBS) -> tuple[Job, ...]:
    """Resolve settings into jobs: one Python each, several where there would be too many.

    UsageError for an unknown Python, one that cannot be built, and for more jobs than `most`
    however they are put together.
    """
    versions = {wanted: _buildable(catalog, wanted) for wanted in settings.pythons}
    jobs = [
        Job(pythons=(version,), arch=arch, profile=profile, flavors=settings.flavors)
        for (wanted, version), arch, profile in itertools.product(
            versions.items(), settings.arches, settings.profiles
        )
        if not any(_matches(one, wanted, version, arch, profile) for one in settings.exclusions)
    ]
    return _sharded(tuple(dict.fromkeys(jobs)), most)


def _buildable(catalog: Catalog, wanted: str) -> str:
    release = catalog.python(wanted)
    if release.not_yet:
        raise UsageError(f"CPython {release.version} cannot be built yet: {release.not_yet}")
    return release.version


def _matches(one: Exclusion, wanted: str, version: str, arch: Arch, profile: str) -> bool:
    minor = version.rpartition(".")[0]
    return (
        one.python in (None, wanted, version, minor)
        and one.arch in (None, arch)
        and one.profile in (None, profile)
    )


def _sharded(jobs: tuple[Job, ...], most: int) -> tuple[Job, ...]:
    """Put Pythons of one architecture and profile together until there are few enough jobs."""
    kinds: dict[tuple[Arch, str], list[Job]] = {}
    for job in jobs:
        kinds.setdefault((job.arch, job.profile), []).append(job)
    if len(kinds) > most:
        raise UsageError(f"{len(kinds)} jobs are more than the {most} of one matrix")
    size = 1
    while sum(-(-len(group) // size) for group in kinds.values()) > most:
        size += 1
    return tuple(
        replace(part[0], pythons=tuple(job.pythons[0] for job in part))
        for group in kinds.values()
        for part in (group[start : start + size] for start in range(0, len(group), size))
    )
