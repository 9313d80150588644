"""The stages in order: catalog, plan, sources, build, package, verify."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from factory.archives import file_sha256
from factory.cache import ActionCache
from factory.catalog import DATA, PACKAGE, Catalog, load_catalog, our_file
from factory.console import Console
from factory.doctor import machine_arch, require_build_machine
from factory.engines.base import Engine
from factory.engines.docker import DockerEngine
from factory.engines.docker_daemon import connect, require_arch
from factory.engines.docker_image import builder_image, image_environment
from factory.engines.jobserver import Jobserver
from factory.engines.local import LocalEngine
from factory.errors import SourceError, UsageError
from factory.model.arch import Arch
from factory.model.plan import File, LocalSource, Plan, Result
from factory.model.recipe import PythonRelease, Source
from factory.model.report import Report
from factory.model.target import USUAL_FLAVORS, Flavor, Link, Profile, Target
from factory.package.artifacts import Artifact, hand_out, hand_out_profile, pack, write_text
from factory.package.manifest import manifest
from factory.planner import Request, make_plan
from factory.recipes import bolt, interpreter, training
from factory.recipes.optimisation import PROFILE, PROFILE_IN
from factory.runner import Runner, missing
from factory.shared_cache import SharedCache
from factory.sources.disk import disk_errors
from factory.sources.fetch import Fetched, default_providers, fetch_all
from factory.sources.http import Downloader
from factory.sources.local import local_source
from factory.sources.store import SourceStore
from factory.sources.unpack import unpack
from factory.toolchains import Toolchain, local_environment
from factory.toolchains.choose import choose_toolchain
from factory.verify.checks import verify

# https://llvm.org/docs/InstrProfileFormat.html
_PROFILE_MAGIC = b"\xfflprofi\x81"
# A line of fdata: from where, to where, how often mispredicted and taken.
# https://github.com/llvm/llvm-project/blob/main/bolt/include/bolt/Profile/DataReader.h
_BRANCH = re.compile(rb"[0-2] \S+ [0-9a-f]+ [0-2] \S+ [0-9a-f]+ \d+ \d+\n")
_LONG_LINE = 4096


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What the user asked for, as the command line or the environment gave it.

    `trained` is the profile that an earlier release build has handed out, `trained_bolt` BOLT's;
    `pie` and `bolt` as in `Target`.
    """

    pythons: tuple[str, ...]
    arches: tuple[str, ...]
    flavors: tuple[Flavor, ...] = USUAL_FLAVORS
    profile: Profile = Profile.FAST
    trained: Path | None = None
    trained_bolt: Path | None = None
    link: Link = Link.SELF_HOSTED
    pie: bool | None = None
    bolt: bool = False
    ca_bundle: bool = True
    source: Path | None = None
    epoch: int | None = None


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Where this machine keeps things, and how hard it works.

    With the engine `docker`: the builder image's name, and the memory of a container in bytes.
    """

    cache_dir: Path
    output: Path
    mirrors: tuple[str, ...]
    offline: bool
    jobs: int
    keep_going: bool = False
    engine: str = "local"
    image: str = "debian"
    memory: int = 0
    shared_cache: SharedCache | None = None
    shared_read_only: bool = False


@dataclass(frozen=True, kw_only=True)
class Built:
    """One finished distribution."""

    result: Result
    artifacts: tuple[Artifact, ...]
    reports: tuple[Report, ...]
    seconds: float


class Pipeline:
    """One call of the factory, with its cache, its source store and its console."""

    def __init__(
        self, surroundings: Surroundings, console: Console, toolchain: Toolchain | None = None
    ) -> None:
        self.surroundings = surroundings
        self.console = console
        self.catalog: Catalog = load_catalog()
        with disk_errors(surroundings.cache_dir):
            self.cache = ActionCache(surroundings.cache_dir, console)
            self.store = SourceStore(surroundings.cache_dir / "sources", console)
        self.toolchain = toolchain or choose_toolchain("auto", Profile.FAST)

    def plan(self, selection: Selection) -> Plan:
        """Resolve a selection; UsageError for what is unknown."""
        local = local_source(selection.source) if selection.source else None
        wanted = selection.pythons or ((local.version,) if local else ())
        targets = {
            (release.version, arch): Target(
                python=release,
                arch=arch,
                profile=selection.profile,
                link=selection.link,
                pie=selection.pie,
                bolt=selection.bolt,
                ca_bundle=selection.ca_bundle,
            )
            for release in (self._release(version, local) for version in wanted)
            for arch in map(Arch.parse, selection.arches)
        }
        request = Request(
            targets=tuple(targets.values()),
            build_arch=machine_arch(),
            toolchain=self.toolchain,
            interpreter_files=interpreter.files(),
            training_files=training.files(),
            bolt_files=bolt.files() if selection.bolt else (),
            trained=_trained(selection.trained) if selection.trained else None,
            trained_bolt=(
                _trained_bolt(selection.trained_bolt) if selection.trained_bolt else None
            ),
            local_source=local,
            **({} if selection.epoch is None else {"epoch": selection.epoch}),
        )
        return make_plan(request, self.catalog)

    def fetch(self, sources: tuple[Source, ...]) -> tuple[Fetched, ...]:
        """Bring sources into the store; SourceError names every place that was tried."""
        providers = default_providers(self.surroundings.mirrors, Downloader())
        return fetch_all(
            sources, self.store, providers, self.console, offline=self.surroundings.offline
        )

    def build(self, selection: Selection) -> tuple[Built, ...]:
        """Do the main job, stage by stage."""
        start = time.monotonic()
        plan = self.plan(selection)
        if self.surroundings.shared_cache is not None:
            self.cache.share(
                self.surroundings.shared_cache, read_only=self.surroundings.shared_read_only
            )
        self._check_output()
        self._make(plan)
        return tuple(
            self._finish(plan, result, selection.flavors, start) for result in plan.results
        )

    @contextlib.contextmanager
    def runner(self) -> Iterator[Runner]:
        """Open a runner on the chosen engine."""
        with (
            contextlib.closing(Jobserver(self.surroundings.jobs)) as jobserver,
            self._engine(jobserver) as engine,
        ):
            yield Runner(
                engine=engine,
                cache=self.cache,
                console=self.console,
                jobserver=jobserver,
                unpack_source=self._unpack,
                keep_going=self.surroundings.keep_going,
            )

    @contextlib.contextmanager
    def _engine(self, jobserver: Jobserver) -> Iterator[Engine]:
        if self.surroundings.engine == "local":
            yield LocalEngine(
                work_root=self.cache.root / "work",
                environment=local_environment(self.toolchain),
                jobserver=jobserver,
            )
            return
        with contextlib.closing(connect()) as client:
            require_arch(client, machine_arch())
            yield DockerEngine(
                client=client,
                image=builder_image(client, self.surroundings.image, self.toolchain, self.console),
                environment=image_environment(self.toolchain),
                jobs=self.surroundings.jobs,
                memory=self.surroundings.memory,
            )

    def _make(self, plan: Plan) -> None:
        actions = missing(plan, self.cache)
        if not actions:
            self.console.note("nothing to build: every action is in the cache")
            return
        require_build_machine(self.cache.root, containers=self.surroundings.engine != "local")
        wanted = {a.source: None for a in actions if isinstance(a.source, Source)}
        self.fetch(tuple(wanted))
        self.cache.clean_leftovers()
        with self.runner() as runner, disk_errors(self.cache.root):
            self.console.note(
                f"building {len(actions)} actions with {self.surroundings.jobs} jobs, "
                f"logs in {self.cache.root / 'logs'}"
            )
            runner.run(actions)

    def _unpack(self, source: Source | LocalSource, place: Path) -> None:
        if isinstance(source, LocalSource):
            if source.path.is_dir():
                shutil.copytree(
                    source.path, place, symlinks=True, ignore=shutil.ignore_patterns(".git")
                )
            else:
                unpack(source.path, place)
            return
        for archive in source.archives:
            if path := self.store.find(archive):
                unpack(path, place)
                return
        raise SourceError(f"{source} is not in the store", hint="run 'factory fetch'")

    def _finish(
        self, plan: Plan, result: Result, flavors: tuple[Flavor, ...], start: float
    ) -> Built:
        output = self.surroundings.output
        artifacts, reports = [], []
        for flavor in flavors:
            packed = self._packed(plan, result, flavor)
            with disk_errors(output, "--output"):
                place = output / result.target.artifact_name(flavor)
                artifacts.append(hand_out(packed, place, flavor))
            if result.target.link is Link.SELF_HOSTED:
                reports.append(self._verified(artifacts[-1], fixed=result.target.fixed))
            else:
                self.console.note(f"not verified, for comparisons only: {artifacts[-1].path.name}")
        verified = {report.subject for report in reports if report.complete}
        with disk_errors(output, "--output"):
            profiles = self._hand_out_profiles(plan, result)
            facts = manifest(plan, result, tuple(artifacts), verified, *profiles)
            text = json.dumps(facts, indent=1) + "\n"
            write_text(output / f"{result.target.stem}.manifest.json", text)
        return Built(
            result=result,
            artifacts=tuple(artifacts),
            reports=tuple(reports),
            seconds=time.monotonic() - start,
        )

    def _hand_out_profiles(self, plan: Plan, result: Result) -> Iterator[str | None]:
        """Write the profiles of what was trained; yield the hashes of all, BOLT's last."""
        for key, given, name in (
            (result.training, plan.trained, PROFILE),
            (result.bolt_training, plan.trained_bolt, bolt.PROFILE),
        ):
            if key and (training := self.cache.find(key)):
                place = self.surroundings.output / f"{result.target.stem}{Path(name).suffix}"
                yield hand_out_profile(training, name, place)
            else:
                yield given.sha256 if given else None

    def _packed(self, plan: Plan, result: Result, flavor: Flavor) -> Path:
        """Return the packed flavor from the cache, or pack it now."""
        identity = [result.interpreter, result.python, flavor.value, _code_hash("package")]
        identity.append(file_sha256(PACKAGE / "archives.py"))
        key = hashlib.sha256("\n".join(identity).encode()).hexdigest()
        name = result.target.artifact_name(flavor)
        with self.cache.lock(key):
            if found := self.cache.find(key):
                return found
            self.console.note(f"packing {name}")
            start = time.monotonic()
            temporary = self.cache.temporary(key)
            epoch = plan.action(result.interpreter).epoch
            try:
                with disk_errors(self.cache.root):
                    pack(result, flavor, self.cache, temporary, epoch)
                    return self.cache.admit(key, name, temporary, time.monotonic() - start)
            finally:
                temporary.unlink(missing_ok=True)

    def _verified(self, artifact: Artifact, *, fixed: bool) -> Report:
        """Verify an artifact, or recall the good report about these very bytes."""
        policy = file_sha256(DATA / "policy.yaml")
        identity = [artifact.sha256, artifact.path.name, _code_hash("verify"), policy, f"{fixed=}"]
        key = hashlib.sha256("\n".join(identity).encode()).hexdigest()
        if found := self.cache.find(key):
            return Report.from_json(json.loads(found.read_text(encoding="utf-8")))
        self.console.note(f"verifying {artifact.path.name}")
        report = verify(
            artifact.path, self.console, suspicious_paths=(self.cache.root,), fixed=fixed
        )
        if not report.errors and not report.warnings:  # a warning: something could not be run
            temporary = self.cache.temporary(key)
            temporary.write_text(json.dumps(report.as_json()), encoding="utf-8")
            self.cache.admit(key, f"report on {artifact.path.name}", temporary, 0.0)
        return report

    def _release(self, wanted: str, local: LocalSource | None) -> PythonRelease:
        version = local.version.rstrip("+") if local else wanted  # between releases: 3.13.5+
        facts = self.catalog.python(".".join(version.split(".")[:2]) if local else wanted)
        if facts.not_yet:
            raise UsageError(
                f"CPython {facts.version} cannot be built yet: {facts.not_yet}",
                hint="'factory list' shows what can",
            )
        if local is None:
            return facts
        if wanted not in (facts.minor, version, local.version):
            raise UsageError(
                f"--source {local.path} is Python {local.version}, and --python wants {wanted}",
                hint=f"say --python {facts.minor}, or nothing",
            )
        return replace(facts, source=replace(facts.source, version=version))

    def _check_output(self) -> None:
        """Find out before an hour of work that the results cannot be written."""
        output = self.surroundings.output
        with disk_errors(output, "--output"):
            output.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=output):
                pass


def _trained(path: Path) -> File:
    """Describe a profile that is an input; UsageError where it cannot be read, or is none."""
    try:
        with path.open("rb") as file:
            magic = file.read(len(_PROFILE_MAGIC))
        profile = our_file(path, PROFILE_IN)
    except OSError as error:
        raise UsageError(f"--trained {path}: {error.strerror}") from error
    if magic != _PROFILE_MAGIC:
        raise UsageError(
            f"--trained {path}: not a profile of LLVM's",
            hint="a release build writes one beside its artifacts, NAME.profdata",
        )
    return profile


def _trained_bolt(path: Path) -> File:
    """Describe a profile of BOLT's that is an input; UsageError as for the other one."""
    try:
        with path.open("rb") as file:
            first = file.readline(_LONG_LINE)
        profile = our_file(path, bolt.PROFILE_IN)
    except OSError as error:
        raise UsageError(f"--trained-bolt {path}: {error.strerror}") from error
    if not _BRANCH.fullmatch(first):
        raise UsageError(
            f"--trained-bolt {path}: not a profile of BOLT's",
            hint="a release build with --bolt writes one beside its artifacts, NAME.fdata",
        )
    return profile


def _code_hash(package: str) -> str:
    """Return the hash of a package of ours: what it makes changes when its code does."""
    digest = hashlib.sha256()
    for file in sorted((PACKAGE / package).rglob("*")):
        if file.is_file() and file.suffix != ".pyc":
            digest.update(f"{file.name} {file_sha256(file)}\n".encode())
    return digest.hexdigest()
