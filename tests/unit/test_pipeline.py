"""The stages after the build, with outputs that nobody had to compile."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from factory import pipeline as module
from factory.archives import pack_tree
from factory.console import Console
from factory.errors import MachineError, SourceError, UsageError
from factory.model.arch import Arch
from factory.model.plan import LocalSource, Plan
from factory.model.recipe import Archive, Source
from factory.model.report import Finding, Report, Severity
from factory.model.target import Flavor, Profile
from factory.pipeline import Built, Pipeline, Selection, Surroundings
from factory.runner import missing

SELECTION = Selection(pythons=("3.13",), arches=("x86_64",), flavors=(Flavor.SINGLE,))


@pytest.fixture
def open_pipeline(tmp_path: Path, console: Console) -> Callable[[], Pipeline]:
    """Open the pipeline as each call of the factory does."""

    def make() -> Pipeline:
        surroundings = Surroundings(
            cache_dir=tmp_path / "cache",
            output=tmp_path / "dist",
            mirrors=(),
            offline=True,
            jobs=1,
        )
        return Pipeline(surroundings, console)

    return make


class Verifier:
    """Stands in for all checks; remembers what it looked at."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.fixed: list[object] = []
        self.severity = Severity.NOTE

    def __call__(self, path: Path, console: Console, **options: object) -> Report:
        self.seen.append(path.name)
        self.fixed.append(options["fixed"])
        finding = Finding(check="c", severity=self.severity, path="p", message="m")
        return Report(subject=path.name, findings=(finding,))


@pytest.fixture
def verifier(monkeypatch: pytest.MonkeyPatch) -> Verifier:
    verifier = Verifier()
    monkeypatch.setattr(module, "verify", verifier)
    return verifier


def make_outputs(
    pipeline: Pipeline,
    tmp_path: Path,
    executable: str = "ELF",
    selection: Selection = SELECTION,
) -> Plan:
    """Put outputs of the last actions into the cache."""
    plan = pipeline.plan(selection)
    (result,) = plan.results
    outputs = [(result.interpreter, "python3.13"), (result.python, "install/os.py")]
    if result.training:
        outputs.append((result.training, "python.profdata"))
    if result.bolt_training:
        outputs.append((result.bolt_training, "python.fdata"))
    for key, name in outputs:
        file = tmp_path / key / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(executable)
        with pipeline.cache.temporary(key).open("wb") as out:
            pack_tree(tmp_path / key, out, epoch=0)
        pipeline.cache.admit(key, name, pipeline.cache.temporary(key), 1.0)
    return plan


def build(pipeline: Pipeline) -> Built:
    (built,) = pipeline.build(SELECTION)
    return built


def test_a_finished_build_is_packed_verified_and_handed_out(
    open_pipeline: Callable[[], Pipeline],
    verifier: Verifier,
    tmp_path: Path,
    stderr: io.StringIO,
) -> None:
    plan = make_outputs(open_pipeline(), tmp_path)
    built = build(open_pipeline())
    version = plan.results[0].target.python.version
    name = f"cpython-{version}-x86_64-unknown-linux-musl-single"
    (artifact,) = built.artifacts
    assert artifact.path == tmp_path / "dist" / name
    assert artifact.path.read_text() == "ELF"
    assert artifact.sha256 == hashlib.sha256(b"ELF").hexdigest()
    manifest = json.loads(
        (tmp_path / "dist" / f"{name.removesuffix('-single')}.manifest.json").read_text()
    )
    assert [row["name"] for row in manifest["artifacts"]] == [name]
    assert {path.name for path in (tmp_path / "dist").iterdir()} == {
        *(name, f"{name}.sha256", f"{name.removesuffix('-single')}.manifest.json"),
    }
    assert verifier.seen == [name]
    assert "nothing to build: every action is in the cache" in stderr.getvalue()


def test_a_release_hands_out_its_profile_and_takes_it(
    open_pipeline: Callable[[], Pipeline], verifier: Verifier, tmp_path: Path
) -> None:
    release = replace(SELECTION, profile=Profile.RELEASE)
    plan = make_outputs(open_pipeline(), tmp_path, selection=release)
    open_pipeline().build(release)
    stem = plan.results[0].target.stem
    profile = tmp_path / f"dist/{stem}.profdata"
    assert profile.read_text() == "ELF"

    def manifest() -> dict[str, object]:
        data: dict[str, object] = json.loads((tmp_path / f"dist/{stem}.manifest.json").read_text())
        return data

    digest = hashlib.sha256(b"ELF").hexdigest()
    assert (manifest()["profile"], manifest()["profile_sha256"]) == ("release", digest)
    with pytest.raises(UsageError, match=r"profdata: not a profile of LLVM's"):
        open_pipeline().plan(replace(release, trained=profile))
    profile.write_bytes(content := b"\xfflprofi\x81 and counts")
    again = replace(release, trained=profile)
    plan = make_outputs(open_pipeline(), tmp_path, selection=again)
    assert not [action for action in plan.actions if action.name.startswith("training")]
    open_pipeline().build(again)
    assert manifest()["profile_sha256"] == hashlib.sha256(content).hexdigest()


def test_bolt_has_a_profile_of_its_own(
    open_pipeline: Callable[[], Pipeline], verifier: Verifier, tmp_path: Path
) -> None:
    selection = replace(SELECTION, profile=Profile.RELEASE, bolt=True)
    plan = make_outputs(open_pipeline(), tmp_path, "1 f 0 1 f a 0 7\n", selection)
    open_pipeline().build(selection)
    stem = plan.results[0].target.stem
    assert stem.endswith("-bolt")
    profile = tmp_path / f"dist/{stem}.fdata"

    def manifest() -> dict[str, object]:
        data: dict[str, object] = json.loads((tmp_path / f"dist/{stem}.manifest.json").read_text())
        return data

    digest = hashlib.sha256(profile.read_bytes()).hexdigest()
    assert (manifest()["bolt"], manifest()["bolt_profile_sha256"]) == (True, digest)
    counted = tmp_path / "counted.profdata"
    counted.write_bytes(b"\xfflprofi\x81 and counts")
    again = replace(selection, trained=counted, trained_bolt=profile)
    plan = make_outputs(open_pipeline(), tmp_path, selection=again)
    assert not [action for action in plan.actions if action.name.startswith("training")]
    open_pipeline().build(again)
    assert manifest()["bolt_profile_sha256"] == digest
    profile.write_text("no profile")
    with pytest.raises(UsageError, match=r"fdata: not a profile of BOLT's"):
        open_pipeline().plan(again)
    profile.unlink()
    with pytest.raises(UsageError, match=r"--trained-bolt .*fdata: No such file"):
        open_pipeline().plan(again)


def test_what_has_a_fixed_address_is_verified_as_such(
    open_pipeline: Callable[[], Pipeline], verifier: Verifier, tmp_path: Path
) -> None:
    for profile in Profile:
        selection = replace(SELECTION, profile=profile)
        make_outputs(open_pipeline(), tmp_path, selection=selection)
        open_pipeline().build(selection)
    # The same bytes under the same name: what is asked for is another thing all the same.
    assert len(set(verifier.seen)) == 1
    assert verifier.fixed == [False, True]


def test_a_profile_that_is_not_there(open_pipeline: Callable[[], Pipeline]) -> None:
    wanted = replace(SELECTION, profile=Profile.RELEASE, trained=Path("/nowhere.profdata"))
    with pytest.raises(UsageError, match=r"--trained /nowhere.profdata: No such file"):
        open_pipeline().plan(wanted)


def test_nothing_is_packed_or_verified_twice(
    open_pipeline: Callable[[], Pipeline],
    verifier: Verifier,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_outputs(open_pipeline(), tmp_path)
    first = build(open_pipeline())

    def refuse(*arguments: object) -> None:
        raise AssertionError

    monkeypatch.setattr(module, "pack", refuse)
    second = build(open_pipeline())
    assert (second.artifacts, second.reports) == (first.artifacts, first.reports)
    assert len(verifier.seen) == 1


def test_another_executable_is_verified_anew(
    open_pipeline: Callable[[], Pipeline], verifier: Verifier, tmp_path: Path
) -> None:
    pipeline = open_pipeline()
    make_outputs(pipeline, tmp_path)
    build(pipeline)
    for entry in pipeline.cache.entries():
        pipeline.cache.remove(entry)
    make_outputs(pipeline, tmp_path, "ELF, another")
    build(open_pipeline())
    assert len(verifier.seen) == 2


def test_a_report_with_errors_is_not_remembered(
    open_pipeline: Callable[[], Pipeline], verifier: Verifier, tmp_path: Path
) -> None:
    make_outputs(open_pipeline(), tmp_path)
    verifier.severity = Severity.ERROR
    assert build(open_pipeline()).reports[0].errors
    verifier.severity = Severity.OK
    assert not build(open_pipeline()).reports[0].errors
    assert len(verifier.seen) == 2


def test_the_code_that_packs_and_verifies_counts(
    open_pipeline: Callable[[], Pipeline],
    verifier: Verifier,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_outputs(open_pipeline(), tmp_path)
    build(open_pipeline())
    monkeypatch.setattr(module, "_code_hash", lambda package: f"other {package}")
    build(open_pipeline())
    assert len(verifier.seen) == 2


def test_a_pack_that_fails_leaves_nothing(
    open_pipeline: Callable[[], Pipeline], verifier: Verifier, tmp_path: Path
) -> None:
    pipeline = open_pipeline()
    make_outputs(pipeline, tmp_path)
    before = {entry.key for entry in pipeline.cache.entries()}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("factory.package.artifacts.shutil.copyfileobj", stop)
        with pytest.raises(ZeroDivisionError):
            build(open_pipeline())
    assert {entry.key for entry in pipeline.cache.entries()} == before
    assert not list((pipeline.cache.root / "actions").glob(".*"))
    assert list((tmp_path / "dist").iterdir()) == []


def stop(*arguments: object) -> None:
    raise ZeroDivisionError


def test_sources_that_are_not_there_stop_a_build_before_it_starts(
    open_pipeline: Callable[[], Pipeline], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "require_build_machine", lambda place, **_: None)
    with pytest.raises(SourceError):
        open_pipeline().build(SELECTION)
    assert list((tmp_path / "cache" / "logs").iterdir()) == []


def test_only_sources_of_what_must_run_are_fetched(
    open_pipeline: Callable[[], Pipeline], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = open_pipeline()
    plan = make_outputs(pipeline, tmp_path)
    zlib = next(action for action in plan.actions if action.name == "zlib-x86_64")
    for action in plan.actions:
        if action is not zlib and pipeline.cache.find(action.key) is None:
            pipeline.cache.temporary(action.key).write_bytes(b"")
            pipeline.cache.admit(action.key, "x", pipeline.cache.temporary(action.key), 0.0)
    pipeline.cache.remove(next(e for e in pipeline.cache.entries() if e.name == "python3.13"))
    names = [action.name for action in missing(plan, pipeline.cache)]
    assert names == ["zlib-x86_64", "interpreter-3.13-x86_64"]
    fetched: list[Source] = []

    def remember(sources: tuple[Source, ...]) -> None:
        fetched.extend(sources)
        raise SourceError("enough")

    monkeypatch.setattr(module, "require_build_machine", lambda place, **_: None)
    monkeypatch.setattr(pipeline, "fetch", remember)
    with pytest.raises(SourceError, match="enough"):
        pipeline.build(SELECTION)
    assert [source.name for source in fetched] == ["zlib"]


def test_a_source_tree_is_copied_without_its_history(
    open_pipeline: Callable[[], Pipeline], tmp_path: Path
) -> None:
    tree = tmp_path / "cpython"
    for name in ("configure", ".git/HEAD", "Lib/os.py"):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(name)
    (tree / "link").symlink_to("configure")
    local = LocalSource(path=tree, sha256="1" * 64, version="3.13.16+")
    with open_pipeline().runner() as runner:
        runner.unpack_source(local, tmp_path / "src")
    found = {str(path.relative_to(tmp_path / "src")) for path in (tmp_path / "src").rglob("*")}
    assert found == {"configure", "Lib", "Lib/os.py", "link"}
    assert (tmp_path / "src/link").is_symlink()
    assert (tree / ".git/HEAD").exists()


def test_a_source_archive_is_unpacked(
    open_pipeline: Callable[[], Pipeline], tmp_path: Path
) -> None:
    (tmp_path / "Python-3.13.16").mkdir()
    (tmp_path / "Python-3.13.16/configure").write_text("")
    with tarfile.open(tmp_path / "python.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "Python-3.13.16", "Python-3.13.16")
    local = LocalSource(path=tmp_path / "python.tar.gz", sha256="1" * 64, version="3.13.16")
    with open_pipeline().runner() as runner:
        runner.unpack_source(local, tmp_path / "src")
    assert [path.name for path in (tmp_path / "src").iterdir()] == ["configure"]


def test_a_source_that_is_not_in_the_store(
    open_pipeline: Callable[[], Pipeline], tmp_path: Path
) -> None:
    source = Source(name="zlib", version="1", archives=(Archive(sha256="1" * 64, size=1),))
    with (
        open_pipeline().runner() as runner,
        pytest.raises(SourceError, match="zlib 1 is not in the store"),
    ):
        runner.unpack_source(source, tmp_path / "src")


def test_targets_in_the_order_they_were_asked_for(
    open_pipeline: Callable[[], Pipeline],
) -> None:
    selection = Selection(pythons=("3.14", "3.13", "3.14"), arches=("arm64", "amd64", "aarch64"))
    results = open_pipeline().plan(selection).results
    assert [(r.target.python.minor, r.target.arch) for r in results] == [
        *(("3.14", Arch.AARCH64), ("3.14", Arch.X86_64)),
        *(("3.13", Arch.AARCH64), ("3.13", Arch.X86_64)),
    ]


def test_release_that_cannot_be_built_yet_is_refused(tmp_path: Path) -> None:
    surroundings = Surroundings(
        cache_dir=tmp_path, output=tmp_path / "dist", mirrors=(), offline=True, jobs=1
    )
    pipeline = Pipeline(surroundings, Console(io.StringIO()))
    with pytest.raises(UsageError, match=r"CPython 3\.11\.\d+ cannot be built yet"):
        pipeline.plan(Selection(pythons=("3.11",), arches=("x86_64",)))


def test_output_that_cannot_be_written_is_found_before_the_build(tmp_path: Path) -> None:
    place = Path("/proc/self/dist")  # no user can make a directory there
    surroundings = Surroundings(cache_dir=tmp_path, output=place, mirrors=(), offline=True, jobs=1)
    pipeline = Pipeline(surroundings, Console(io.StringIO()))
    with pytest.raises(MachineError, match=str(place)):
        pipeline.build(Selection(pythons=("3.13",), arches=("x86_64",)))
    assert pipeline.cache.entries() == ()
