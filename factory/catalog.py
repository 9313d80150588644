"""Strict loading of the facts under `factory/data/` and `patches/` into the model.

Whatever is unknown, missing, doubled or of the wrong kind is an error that names file and key.
"""

from __future__ import annotations

import difflib
import functools
import graphlib
import hashlib
import importlib.metadata
import re
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from factory.errors import MachineError, UsageError
from factory.model.plan import File
from factory.model.recipe import Archive, BuildSystem, Component, PythonRelease, Source
from factory.model.upstream import Hashes, Numbering, Upstream

PACKAGE = Path(__file__).parent
DATA = PACKAGE / "data"
RUNTIME = PACKAGE / "runtime"


class _Strict(yaml.SafeLoader):
    """YAML in which a key that stands twice is an error, not the last one's victory."""


def _mapping(loader: _Strict, node: yaml.MappingNode) -> dict[object, object]:
    seen: dict[object, object] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, Hashable):
            raise yaml.constructor.ConstructorError(
                None, None, "a list or mapping as key", key_node.start_mark
            )
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"key {key!r} stands twice", key_node.start_mark
            )
        seen[key] = loader.construct_object(value_node, deep=True)
    return seen


_Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


class Table:
    """One mapping of a facts file, read key by key; what was not read is unknown."""

    def __init__(self, file: Path, data: object, place: str = "") -> None:
        self.file = file
        self.place = place
        if not isinstance(data, dict):
            raise self.wrong("", f"wanted a mapping, found {type(data).__name__}")
        self._data = dict(data)
        self._known: set[str] = set()

    @classmethod
    def load(cls, file: Path) -> Table:
        """Parse a file; UsageError where it is no YAML or cannot be read."""
        try:
            return cls(file, yaml.load(file.read_text(encoding="utf-8"), Loader=_Strict))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise UsageError(f"{file}: {error}") from error

    def wrong(self, key: str, problem: str) -> UsageError:
        """Make the error that names file and key."""
        place = ".".join(part for part in (self.place, key) if part) or "top level"
        return UsageError(f"{self.file}: {place}: {problem}")

    def text(self, key: str) -> str:
        """Take a required string; numbers are refused, for `3.10` unquoted is 3.1."""
        self._known.add(key)
        if key not in self._data:
            raise self.wrong(key, "missing")
        value = self._data.pop(key)
        if not isinstance(value, str) or not value:
            raise self.wrong(key, f"wanted a quoted string, found {value!r}")
        return value

    def optional_text(self, key: str) -> str | None:
        """Take a string that may be absent."""
        self._known.add(key)
        return self.text(key) if key in self._data else None

    def number(self, key: str) -> int:
        """Take a required positive integer."""
        self._known.add(key)
        if key not in self._data:
            raise self.wrong(key, "missing")
        value = self._data.pop(key)
        if type(value) is not int or value <= 0:
            raise self.wrong(key, f"wanted a positive whole number, found {value!r}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Take a list of strings; absent means empty."""
        self._known.add(key)
        value = self._data.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(key, f"wanted a list of quoted strings, found {value!r}")
        return tuple(value)

    def tables(self, key: str) -> tuple[Table, ...]:
        """Take a list of mappings; absent means empty."""
        self._known.add(key)
        value = self._data.pop(key, [])
        if not isinstance(value, list):
            raise self.wrong(key, f"wanted a list, found {type(value).__name__}")
        prefix = f"{self.place}.{key}" if self.place else key
        return tuple(Table(self.file, row, f"{prefix}[{n}]") for n, row in enumerate(value))

    def table(self, key: str) -> Table:
        """Take a mapping; absent means empty."""
        self._known.add(key)
        prefix = f"{self.place}.{key}" if self.place else key
        return Table(self.file, self._data.pop(key, {}), prefix)

    def versions(self, key: str) -> SpecifierSet:
        """Take a range of versions, such as `>=3.12`; absent means all."""
        try:
            return SpecifierSet(self.optional_text(key) or "")
        except InvalidSpecifier as error:
            raise self.wrong(key, str(error)) from error

    def remaining(self) -> tuple[str, ...]:
        """Return the keys that were not taken yet; UsageError for one that is no string."""
        for key in self._data:
            if not isinstance(key, str):
                raise self.wrong(str(key), "wanted a quoted string as key")
        return tuple(self._data)

    def one_of(self, key: str, value: str, known: Iterable[str]) -> str:
        """Hold a value to those that are known; UsageError with the nearest one else."""
        names = tuple(known)
        if value in names:
            return value
        raise self.wrong(key, f"unknown: {value!r}{_near(value, names)}")

    def done(self) -> None:
        """Refuse what nobody asked for."""
        if self._data:
            key = str(next(iter(self._data)))
            raise self.wrong(key, f"unknown key{_near(key, self._known)}")


def _near(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def in_range(version: str, versions: SpecifierSet) -> bool:
    """Tell whether a Python version is in a range; `3.15.0rc1` counts as 3.15.0."""
    return versions.contains(Version(version).base_version, prereleases=True)


@dataclass(frozen=True, kw_only=True)
class Patch:
    """One patch of a series and the versions it is for."""

    file: File
    versions: SpecifierSet

    def applies_to(self, version: str) -> bool:
        """Tell whether a version is in range; `3.15.0rc1` counts as 3.15.0.

        Upstream's versions that Python's rules do not cover, such as `20250104-3.1`, have no
        order: UsageError for anything but `===`.
        """
        if not self.versions:
            return True
        try:
            base = Version(version).base_version
        except InvalidVersion as error:
            if any(specifier.operator != "===" for specifier in self.versions):
                raise UsageError(
                    f"{self.file.path}: when: '{self.versions}' cannot be told of {version!r}",
                    hint=f'write when: "==={version}" in series.yaml',
                ) from error
            return all(specifier.version == version for specifier in self.versions)
        return self.versions.contains(base, prereleases=True)


@dataclass(frozen=True, kw_only=True)
class IgnoredTest:
    """A test that an interpreter is not trained with, as regrtest's -i takes it."""

    test: str
    versions: SpecifierSet
    reason: str


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """All facts, loaded and checked.

    `overlays` are files of ours that are laid over a component's source tree. `python_upstream` is
    where new releases of CPython are found.
    """

    components: dict[str, Component]
    releases: tuple[PythonRelease, ...]
    patches: dict[str, tuple[Patch, ...]]
    overlays: dict[str, tuple[File, ...]]
    not_trained: tuple[IgnoredTest, ...]
    python_upstream: Upstream | None = None

    def python(self, wanted: str) -> PythonRelease:
        """Find a release by exact version or by minor (its newest); UsageError with near names."""
        for release in self.releases:
            if wanted in (release.version, release.minor):
                return release
        names = list(dict.fromkeys(n for r in self.releases for n in (r.minor, r.version)))
        near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.3)
        raise UsageError(
            f"unknown Python version {wanted!r}; known: {', '.join(names)}",
            hint=f"did you mean {' or '.join(near)}?" if near else "see 'factory list'",
        )

    def patches_for(self, name: str, version: str) -> tuple[File, ...]:
        """Return the patch files that apply to one version of a component."""
        return tuple(p.file for p in self.patches.get(name, ()) if p.applies_to(version))

    def not_trained_with(self, version: str) -> tuple[str, ...]:
        """Return the tests that one Python is not trained with."""
        return tuple(one.test for one in self.not_trained if in_range(version, one.versions))


def patches_root() -> Path:
    """Return the folder of patch series."""
    return _beside("patches")


def dockerfiles_root() -> Path:
    """Return the folder of the builder images' Dockerfiles."""
    return _beside("dockerfiles")


def _beside(name: str) -> Path:
    """Return a top-level folder: inside an installed package, beside a checkout's."""
    installed = PACKAGE / f"_{name}"
    return installed if installed.is_dir() else PACKAGE.parent / name


def our_file(path: Path, into: str, *, executable: bool = False) -> File:
    """Describe a file of ours by its bytes."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return File(path=path, sha256=digest, into=into, executable=executable)


def our_tree(root: Path, into: str) -> tuple[File, ...]:
    """Describe every file below a folder, in sorted order; installers leave byte code there."""
    found = sorted(
        path for path in root.rglob("*") if path.is_file() and path.parent.name != "__pycache__"
    )
    return tuple(our_file(path, f"{into}/{path.relative_to(root).as_posix()}") for path in found)


def installed_package(name: str, into: str, *, licences: str) -> tuple[File, ...]:
    """Describe the files of a Python package beside the factory, and its licence texts.

    Raise MachineError where it is not installed.
    """
    try:
        found = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError as error:
        raise MachineError(
            f"no {name!r} package beside the factory",
            hint=f"pip install {name}, or install the factory again with 'pip install .'",
        ) from error
    files = []
    for path in sorted(found.files or ()):
        place = Path(str(found.locate_file(path)))
        if path.parts[0] == name and path.suffix != ".pyc":
            files.append(our_file(place, f"{into}/{'/'.join(path.parts[1:])}"))
        elif path.parts[0].endswith(".dist-info") and path.name.startswith("LICENSE"):
            files.append(our_file(place, f"{licences}/{path.name}"))
    return tuple(files)


@functools.cache
def load_catalog(data: Path = DATA, patches: Path | None = None) -> Catalog:
    """Load every facts file; UsageError at the first thing that is wrong."""
    components = {}
    for file in sorted((data / "components").glob("*.yaml")):
        component = _component(Table.load(file))
        if component.name in components:
            raise UsageError(f"{file}: name: {component.name!r} stands in another file too")
        components[component.name] = component
    table = Table.load(data / "cpython.yaml")
    releases = tuple(_releases(table))
    python_upstream = _upstream(table, [release.source for release in releases])
    table.done()
    series = dict(_series(patches if patches is not None else patches_root(), set(components)))
    catalog = Catalog(
        components=components,
        releases=releases,
        patches=series,
        overlays={name: our_tree(RUNTIME / name, "src") for name in components},
        not_trained=tuple(_not_trained(Table.load(data / "training.yaml"))),
        python_upstream=python_upstream,
    )
    _check_references(catalog, data)
    return catalog


def _check_references(catalog: Catalog, data: Path) -> None:
    seen: set[str] = set()
    for release in catalog.releases:
        file = data / "cpython.yaml"
        if release.version in seen:
            raise UsageError(f"{file}: version {release.version} stands twice")
        seen.add(release.version)
        for name in release.components:
            if name not in catalog.components:
                raise UsageError(f"{file}: {release.version}: unknown component {name!r}")
    for component in catalog.components.values():
        for name in component.depends:
            if name not in catalog.components:
                file = data / "components" / f"{component.name}.yaml"
                raise UsageError(f"{file}: depends: unknown component {name!r}")
    depends = {component.name: component.depends for component in catalog.components.values()}
    try:
        graphlib.TopologicalSorter(depends).prepare()
    except graphlib.CycleError as error:
        circle = " -> ".join(error.args[1])
        raise UsageError(f"{data / 'components'}: depends: goes in a circle: {circle}") from error


def _component(table: Table) -> Component:
    name, version = table.text("name"), table.text("version")
    build = table.text("build")
    try:
        system = BuildSystem(build)
    except ValueError:
        known = ", ".join(member.value for member in BuildSystem)
        raise table.wrong("build", f"unknown build system {build!r}; known: {known}") from None
    options = table.table("options")
    source = Source(name=name, version=version, archives=_archives(table))
    component = Component(
        source=source,
        licence=table.text("licence"),
        licence_files=table.texts("licence_files"),
        build=system,
        depends=table.texts("depends"),
        libraries=table.texts("libraries"),
        objects=table.texts("objects"),
        options={key: options.texts(key) for key in options.remaining()},
        upstream=_upstream(table, [source]),
    )
    table.done()
    return component


def _releases(table: Table) -> Iterator[PythonRelease]:
    for row in table.tables("releases"):
        version = row.text("version")
        try:
            Version(version)
        except InvalidVersion as error:
            raise row.wrong("version", str(error)) from error
        left_out = row.table("modules_left_out")
        yield PythonRelease(
            source=Source(name="cpython", version=version, archives=_archives(row)),
            licence=row.text("licence"),
            licence_files=row.texts("licence_files"),
            components=row.texts("components"),
            static_archives=row.texts("static_archives"),
            modules_left_out={name: left_out.text(name) for name in left_out.remaining()},
            not_yet=row.optional_text("not_yet"),
        )
        row.done()


def _upstream(parent: Table, sources: Iterable[Source]) -> Upstream | None:
    """Take the key `upstream`, which must fit what is pinned now."""
    table = parent.table("upstream")
    if not table.remaining():
        return None
    numbering = table.optional_text("numbering") or Numbering.PLAIN.value
    folders = table.optional_text("folders")
    upstream = Upstream(
        index=table.text("index"),
        pattern=_expression(table, "pattern", table.text("pattern"), "version"),
        folders=_expression(table, "folders", folders, "folder") if folders else None,
        numbering=Numbering(table.one_of("numbering", numbering, (one.value for one in Numbering))),
        within=str(table.versions("within")),
        hashes=_hashes(table.table("hashes")),
    )
    table.done()
    for source in sources:
        _check_upstream(table, upstream, source)
    return upstream


def _expression(table: Table, key: str, text: str, group: str) -> str:
    try:
        groups = re.compile(text).groupindex
    except re.error as error:
        raise table.wrong(key, f"no regular expression: {error}") from error
    if group not in groups:
        raise table.wrong(key, f"has no group (?P<{group}>...)")
    return text


def _hashes(table: Table) -> Hashes | None:
    if not table.remaining():
        return None
    hashes = Hashes(place=table.text("place"), when=str(table.versions("when")))
    try:
        hashes.place.format(url="", directory="", index="")
    except (LookupError, ValueError) as error:
        raise table.wrong("place", f"wanted the fields url, directory, index: {error}") from error
    table.done()
    return hashes


def _check_upstream(table: Table, upstream: Upstream, source: Source) -> None:
    """Hold the facts to what is pinned: what does not find that would find nothing newer."""
    urls = [url for archive in source.archives for url in archive.urls]
    found = [match["version"] for url in urls if (match := re.search(upstream.pattern, url))]
    try:
        if source.version not in map(upstream.numbering.version, found):
            raise table.wrong("pattern", f"does not find {source.version} in its addresses")
        if upstream.within and not in_range(source.version, SpecifierSet(upstream.within)):
            raise table.wrong("within", f"{source.version}, which is pinned, is not")
    except ValueError as error:  # InvalidVersion is one
        raise table.wrong("pattern", str(error)) from error


def _not_trained(table: Table) -> Iterator[IgnoredTest]:
    for row in table.tables("ignored"):
        versions = row.versions("when")
        yield IgnoredTest(test=row.text("test"), versions=versions, reason=row.text("reason"))
        row.done()
    table.done()


def _archives(table: Table) -> tuple[Archive, ...]:
    archives = tuple(_archive(row) for row in table.tables("archives"))
    if not archives:
        raise table.wrong("archives", "missing: no hash, no build")
    return archives


def _archive(row: Table) -> Archive:
    digest = row.text("sha256")
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise row.wrong("sha256", f"wanted 64 lower-case hex digits, found {digest!r}")
    size = row.number("size")
    urls = row.texts("urls")
    pool = row.optional_text("debian")
    if not urls and pool is None:
        raise row.wrong("urls", "missing, and no 'debian' either")
    row.done()
    return Archive(sha256=digest, size=size, urls=urls, debian_pool=pool)


def _series(root: Path, components: set[str]) -> Iterator[tuple[str, tuple[Patch, ...]]]:
    for file in sorted(root.glob("*/series.yaml")):
        table = Table.load(file)
        if file.parent.name not in {"cpython", *components}:
            raise table.wrong("patches", f"unknown component {file.parent.name!r}")
        rows = table.tables("patches")
        table.done()
        yield file.parent.name, tuple(_patch(row) for row in rows)


def _patch(row: Table) -> Patch:
    path = row.file.parent / row.text("file")
    if not path.is_file():
        raise row.wrong("file", f"no such file: {path}")
    versions = row.optional_text("when") or ""
    row.done()
    try:
        return Patch(
            file=our_file(path, f"input/patches/{path.name}"), versions=SpecifierSet(versions)
        )
    except InvalidSpecifier as error:
        raise row.wrong("when", str(error)) from error
