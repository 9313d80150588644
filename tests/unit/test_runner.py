"""The runner on an engine that runs nothing: a session is a dictionary of files."""

from __future__ import annotations

import io
import re
import shutil
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pytest

from factory.archives import entry, file_sha256
from factory.cache import ActionCache
from factory.catalog import our_file
from factory.console import Console
from factory.engines.base import Engine, Session
from factory.engines.jobserver import Jobserver, StoppedError
from factory.errors import BuildError, ExitCode, MachineError
from factory.model.arch import Arch
from factory.model.plan import Action, Command, Dependency, LocalSource, Plan, Result
from factory.model.recipe import PythonRelease, Source
from factory.model.target import Target
from factory.runner import Runner, missing

PATIENCE = 30  # seconds that only a broken runner takes
MakeAction = Callable[..., Action]
SOURCE = Source(name="zlib", version="1", archives=())


@dataclass(kw_only=True)
class MemoryEngine:
    """Understands `write NAME TEXT`, `copy FROM TO`, `exit CODE OUTPUT...`, `meet`, `hang`."""

    name: str = "memory"
    meeting: threading.Barrier = field(default_factory=lambda: threading.Barrier(2))
    started: list[str] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    open: int = 0
    most: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)
    hanging: threading.Event = field(default_factory=threading.Event)
    sessions: dict[str, MemorySession] = field(default_factory=dict)
    guard: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def session(self, action: Action) -> Iterator[Session]:
        session = MemorySession(engine=self, action=action)
        with self.guard:
            self.started.append(action.name)
            self.sessions[action.name] = session
            self.open += 1
            self.most = max(self.most, self.open)
        try:
            yield session
        finally:
            with self.guard:
                self.open -= 1
                self.finished.append(action.name)

    def interrupt(self) -> None:
        self.stopped.set()


@dataclass(kw_only=True)
class MemorySession:
    engine: MemoryEngine
    action: Action
    files: dict[str, bytes] = field(default_factory=dict)
    executables: set[str] = field(default_factory=set)

    def put(self, path: Path, into: str, *, executable: bool = False) -> None:
        self.files[into] = path.read_bytes()
        if executable:
            self.executables.add(into)

    def put_tree(self, archive: Path, into: str) -> None:
        with tarfile.open(archive) as tar:
            for member in tar:
                content = tar.extractfile(member)
                assert content is not None
                self.files[f"{into}/{member.name}"] = content.read()

    def put_directory(self, path: Path, into: str) -> None:
        for file in path.rglob("*"):
            self.files[f"{into}/{file.relative_to(path)}"] = file.read_bytes()

    def run(self, command: Command, log: BinaryIO) -> int:
        match command.argv:
            case "write", name, text:
                self.files[name] = text.encode()
            case "copy", old, new:
                self.files[new] = self.files[old]
            case "exit", code, *output:
                log.write("".join(f"{line}\n" for line in output).encode())
                log.flush()
                return int(code)
            case ("meet",):
                self.engine.meeting.wait(PATIENCE)
            case ("hang",):
                self.engine.hanging.set()
                assert self.engine.stopped.wait(PATIENCE)
                return -15
            case ("wait-for-hang",):
                assert self.engine.hanging.wait(PATIENCE)
        return 0

    def get_tree(self, source: str, archive: Path) -> None:
        with tarfile.open(archive, "w") as tar:
            for name, content in sorted(self.files.items()):
                if name.startswith(f"{source}/"):
                    info = entry(name.removeprefix(f"{source}/"), epoch=self.action.epoch)
                    info.size = len(content)
                    tar.addfile(info, io.BytesIO(content))


@pytest.fixture
def engine() -> MemoryEngine:
    return MemoryEngine()


@pytest.fixture
def runner(engine: MemoryEngine, cache: ActionCache, console: Console) -> Iterator[Runner]:
    with open_runner(engine, cache, console) as runner:
        yield runner


@contextmanager
def open_runner(
    engine: Engine, cache: ActionCache, console: Console, *, jobs: int = 2, keep_going: bool = False
) -> Iterator[Runner]:
    def unpack(source: Source | LocalSource, place: Path) -> None:
        place.mkdir()
        (place / "version.txt").write_text(f"{source.version}\n")

    jobserver = Jobserver(jobs)
    yield Runner(
        engine=engine,
        cache=cache,
        console=console,
        jobserver=jobserver,
        unpack_source=unpack,
        keep_going=keep_going,
    )
    jobserver.close()


def needs(*actions: Action, into: str = "sysroot") -> tuple[Dependency, ...]:
    return tuple(Dependency(key=action.key, into=into) for action in actions)


def plan_for(*actions: Action) -> Plan:
    """Make a plan whose one result is the last action (the one before it is its Python)."""
    release = PythonRelease(
        source=SOURCE,
        licence="PSF-2.0",
        licence_files=(),
        components=(),
        static_archives=(),
        modules_left_out={},
    )
    target = Target(python=release, arch=Arch.X86_64)
    result = Result(target=target, interpreter=actions[-1].key, python=actions[-2].key)
    return Plan(actions=actions, results=(result,))


def output(cache: ActionCache, action: Action) -> dict[str, bytes]:
    archive = cache.find(action.key)
    assert archive is not None
    with tarfile.open(archive) as tar:
        return {m.name: file.read() for m in tar if (file := tar.extractfile(m))}


def test_an_output_flows_to_those_who_need_it(
    runner: Runner, engine: MemoryEngine, cache: ActionCache, action: MakeAction
) -> None:
    zlib = action("zlib", ["write", "out/lib/libz.a", "z"])
    other = action("other", ["write", "out/python", "3"])
    link = action(
        "link",
        ["copy", "sysroot/lib/libz.a", "out/a"],
        ["copy", "native/python", "out/b"],
        dependencies=(*needs(zlib), *needs(other, into="native")),
    )
    runner.run((link, zlib, other))
    assert output(cache, link) == {"a": b"z", "b": b"3"}
    assert engine.started[-1] == "link"


def test_everybody_comes_after_what_they_need(
    runner: Runner, engine: MemoryEngine, action: MakeAction
) -> None:
    base = action("base")
    left, right = (action(name, dependencies=needs(base)) for name in ("left", "right"))
    top = action("top", dependencies=needs(left, right))
    runner.run((top, right, left, base))
    assert engine.finished[0] == "base"
    assert set(engine.finished[1:3]) == {"left", "right"}
    assert engine.finished[3] == "top"


def test_a_source_is_unpacked_patched_and_laid_in(
    runner: Runner, engine: MemoryEngine, action: MakeAction, tmp_path: Path
) -> None:
    patch = tmp_path / "0001-version.patch"
    patch.write_text("--- a/version.txt\n+++ b/version.txt\n@@ -1 +1 @@\n-1\n+1.patched\n")
    zlib = action("zlib", source=SOURCE, patches=(our_file(patch, "input/patches/x"),))
    runner.run((zlib,))
    assert engine.sessions["zlib"].files["src/version.txt"] == b"1.patched\n"
    assert list((runner.cache.root / "work").iterdir()) == []


def test_files_of_ours_lie_over_the_source(
    runner: Runner, engine: MemoryEngine, action: MakeAction, tmp_path: Path
) -> None:
    (tmp_path / "ours").write_text("ours")
    files = (
        our_file(tmp_path / "ours", "src/version.txt"),
        our_file(tmp_path / "ours", "tools/cc", executable=True),
    )
    runner.run((action("zlib", source=SOURCE, files=files),))
    session = engine.sessions["zlib"]
    assert session.files["src/version.txt"] == b"ours"
    assert session.executables == {"tools/cc"}


def test_what_is_cached_is_not_run_again(
    runner: Runner, engine: MemoryEngine, cache: ActionCache, console: Console, action: MakeAction
) -> None:
    zlib = action("zlib")
    link = action("link", dependencies=needs(zlib))
    plan = plan_for(zlib, link)
    assert missing(plan, cache) == (zlib, link)
    runner.run(missing(plan, cache))
    assert missing(plan, cache) == ()
    next_cache = ActionCache(cache.root, console)
    with open_runner(engine, next_cache, console) as again:
        assert missing(plan, next_cache) == ()
        again.run((zlib, link))
    assert engine.started == ["zlib", "link"]


def test_what_only_cached_actions_need_is_not_missing(
    runner: Runner, cache: ActionCache, action: MakeAction
) -> None:
    musl = action("musl")
    zlib = action("zlib", dependencies=needs(musl))
    python = action("python", dependencies=needs(zlib))
    link = action("link", dependencies=needs(zlib, python))
    plan = plan_for(musl, zlib, python, link)
    runner.run(plan.actions)
    for entry_ in cache.entries():
        if entry_.name in ("musl", "link"):
            cache.remove(entry_)
    assert missing(plan, cache) == (link,)


def test_a_damaged_output_is_made_again(
    runner: Runner, engine: MemoryEngine, cache: ActionCache, console: Console, action: MakeAction
) -> None:
    zlib, link = action("zlib"), action("link")
    plan = plan_for(zlib, link)
    runner.run(plan.actions)
    found = cache.find(zlib.key)
    assert found is not None
    found.write_bytes(b"damaged")
    next_cache = ActionCache(cache.root, console)
    with open_runner(engine, next_cache, console) as again:
        assert missing(plan, next_cache) == (zlib,)
        again.run((zlib,))
    assert sorted(engine.started) == ["link", "zlib", "zlib"]


def test_what_another_process_made_meanwhile_is_taken(
    runner: Runner, engine: MemoryEngine, cache: ActionCache, console: Console, action: MakeAction
) -> None:
    zlib, link = action("zlib"), action("link")
    wanted = missing(plan_for(zlib, link), cache)
    with open_runner(MemoryEngine(), ActionCache(cache.root, console), console) as other:
        other.run((zlib,))
    runner.run(wanted)
    assert engine.started == ["link"]


def test_a_failure_names_step_last_lines_and_log(
    runner: Runner, cache: ActionCache, action: MakeAction
) -> None:
    lines = [f"line {number}" for number in range(1, 101)]
    broken = action("zlib", ["write", "out/x", "1"], ["exit", "2", *lines], ["write", "out/y", "2"])
    with pytest.raises(BuildError) as caught:
        runner.run((broken,))
    error = caught.value
    assert error.exit_code is ExitCode.BUILD
    assert error.message.startswith("zlib: exit 2 'line 1' ... ended with exit code 2\n")
    assert "  | line 71\n" in error.message
    assert error.message.endswith("  | line 100")
    assert "line 70\n" not in error.message
    match = re.fullmatch("the whole log is (.+)", error.hint or "")
    assert match
    log = Path(match[1]).read_text()
    assert log.startswith("+ write out/x 1\n+ exit 2 'line 1'")
    assert log.endswith("line 99\nline 100\n")
    assert "+ write out/y" not in log
    assert Path(match[1]).parent == cache.root / "logs"


def test_a_failed_log_outlives_the_next_try(runner: Runner, action: MakeAction) -> None:
    broken = action("zlib", ["exit", "1", "why"])
    with pytest.raises(BuildError) as caught:
        runner.run((broken,))
    log = Path((caught.value.hint or "").removeprefix("the whole log is "))
    runner.cache.log(broken.name, broken.key).write_text("")
    assert "why" in log.read_text()


def test_a_step_that_failed_on_a_full_disk_says_so(
    runner: Runner, action: MakeAction, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")._replace(free=1 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage)
    with pytest.raises(MachineError, match="zlib failed on a full disk: 1 MiB free"):
        runner.run((action("zlib", ["exit", "1"]),))


def test_a_signal_is_named(runner: Runner, action: MakeAction) -> None:
    with pytest.raises(BuildError, match="ended with signal 9"):
        runner.run((action("zlib", ["exit", "-9"]),))


def test_a_log_need_not_be_text(runner: Runner, action: MakeAction) -> None:
    def noisy(self: MemorySession, command: Command, log: BinaryIO) -> int:
        log.write(b"caf\xe9\n")
        log.flush()
        return 1

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(MemorySession, "run", noisy)
        with pytest.raises(BuildError, match="caf\N{REPLACEMENT CHARACTER}"):
            runner.run((action("zlib", ["x"]),))


def test_a_failed_action_leaves_nothing_in_the_cache(
    runner: Runner, engine: MemoryEngine, cache: ActionCache, action: MakeAction
) -> None:
    broken = action("zlib", ["write", "out/lib/libz.a", "half"], ["exit", "1"])
    user = action("link", dependencies=needs(broken))
    with pytest.raises(BuildError):
        runner.run((broken, user))
    assert cache.find(broken.key) is None
    assert cache.entries() == ()
    assert list((cache.root / "actions").iterdir()) == []
    assert list((cache.root / "work").iterdir()) == []
    assert engine.started == ["zlib"]


def test_an_output_that_cannot_be_packed_leaves_nothing(
    runner: Runner, engine: MemoryEngine, cache: ActionCache, action: MakeAction
) -> None:
    def half_written(self: MemorySession, source: str, archive: Path) -> None:
        archive.write_bytes(b"half")
        raise OSError("no space")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(MemorySession, "get_tree", half_written)
        with pytest.raises(OSError, match="no space"):
            runner.run((action("zlib"),))
    assert list((cache.root / "actions").iterdir()) == []


def test_a_failure_stops_the_others(
    runner: Runner, engine: MemoryEngine, cache: ActionCache, action: MakeAction
) -> None:
    slow = action("slow", ["hang"])
    broken = action("broken", ["wait-for-hang"], ["exit", "1"])
    later = action("later", dependencies=needs(slow))
    with pytest.raises(BuildError, match=r"^broken: "):
        runner.run((slow, broken, later))
    assert engine.stopped.is_set()
    assert engine.open == 0
    with pytest.raises(StoppedError), runner.jobserver.token():
        raise AssertionError
    assert set(engine.finished) == {"slow", "broken"}
    assert cache.entries() == ()


def test_an_interrupt_stops_everything(
    runner: Runner, engine: MemoryEngine, action: MakeAction, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object, **options: object) -> None:
        assert engine.hanging.wait(PATIENCE)
        raise KeyboardInterrupt

    monkeypatch.setattr("factory.runner.wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        runner.run((action("slow", ["hang"]),))
    assert engine.stopped.is_set()
    assert engine.open == 0


def test_who_waits_for_another_build_can_be_stopped(
    runner: Runner, cache: ActionCache, console: Console, action: MakeAction
) -> None:
    waiting = action("waiting")
    broken = action("broken", ["exit", "1"])
    failures: list[BaseException] = []

    def run() -> None:
        try:
            runner.run((waiting, broken))
        except BuildError as error:
            failures.append(error)

    with ActionCache(cache.root, console).lock(waiting.key):
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join(PATIENCE)
        ended = not thread.is_alive()
    assert ended
    assert [str(error).partition(":")[0] for error in failures] == ["broken"]


def test_independent_actions_run_side_by_side(
    runner: Runner, engine: MemoryEngine, action: MakeAction
) -> None:
    runner.run((action("one", ["meet"]), action("two", ["meet"])))
    assert engine.most == 2


def test_no_more_at_once_than_jobs(
    engine: MemoryEngine, cache: ActionCache, console: Console, action: MakeAction
) -> None:
    with open_runner(engine, cache, console, jobs=1) as runner:
        runner.run(tuple(action(f"action-{number}") for number in range(5)))
    assert engine.most == 1
    assert len(engine.finished) == 5


def test_a_file_that_changed_since_planning_is_noticed(
    runner: Runner, engine: MemoryEngine, cache: ActionCache, action: MakeAction, tmp_path: Path
) -> None:
    ours = tmp_path / "main.c"
    ours.write_text("int main;")
    zlib = action("zlib", ["write", "out/x", "1"], files=(our_file(ours, "input/main.c"),))
    ours.write_text("int main ;")
    with pytest.raises(BuildError, match=r"zlib: .*main\.c was changed while the build ran"):
        runner.run((zlib,))
    assert cache.entries() == ()
    assert "out/x" not in engine.sessions["zlib"].files


def test_a_patch_that_changed_since_planning_is_noticed(
    runner: Runner, cache: ActionCache, action: MakeAction, tmp_path: Path
) -> None:
    patch = tmp_path / "0001-version.patch"
    text = "--- a/version.txt\n+++ b/version.txt\n@@ -1 +1 @@\n-1\n+2\n"
    patch.write_text(text)
    zlib = action("zlib", source=SOURCE, patches=(our_file(patch, "input/patches/x"),))
    patch.write_text(text.replace("+2", "+3"))
    with pytest.raises(BuildError, match="was changed while the build ran"):
        runner.run((zlib,))
    assert cache.entries() == ()


def test_a_dependency_that_vanished_is_named(runner: Runner, action: MakeAction) -> None:
    absent = action("absent")
    with pytest.raises(BuildError, match=f"link: a dependency vanished .*{absent.key}"):
        runner.run((action("link", dependencies=needs(absent)),))


def test_keeping_going_leaves_out_only_what_depends_on_the_failure(
    engine: MemoryEngine,
    cache: ActionCache,
    console: Console,
    stderr: io.StringIO,
    action: MakeAction,
) -> None:
    broken = action("broken", ["exit", "1", "the reason"])
    user = action("user", dependencies=needs(broken))
    base = action("base")
    others = tuple(action(f"other-{n}", dependencies=needs(base)) for n in range(3))
    with (
        open_runner(engine, cache, console, keep_going=True) as runner,
        pytest.raises(BuildError, match="1 of 6 actions failed, 4 are done") as caught,
    ):
        runner.run((broken, user, base, *others))
    assert "user" not in engine.started
    assert all(cache.find(other.key) for other in (base, *others))
    assert cache.find(broken.key) is None
    assert "the reason" in stderr.getvalue()
    assert (caught.value.hint or "").startswith("the whole log is ")


def test_people_see_what_was_done(runner: Runner, stderr: io.StringIO, action: MakeAction) -> None:
    runner.run((action("zlib"),))
    assert re.search(r"\[ 1/1\] zlib +\d+\.\d s", stderr.getvalue())


def test_an_entry_is_what_the_session_packed(
    runner: Runner, cache: ActionCache, action: MakeAction
) -> None:
    zlib = action("zlib", ["write", "out/x", "1"], ["write", "build/y", "2"])
    runner.run((zlib,))
    (made,) = cache.entries()
    archive = cache.find(zlib.key)
    assert archive is not None
    assert (made.key, made.name, made.sha256) == (zlib.key, "zlib", file_sha256(archive))
    assert output(cache, zlib) == {"x": b"1"}
