"""Run a plan on an engine: what is cached is not run, what is independent runs side by side."""

from __future__ import annotations

import graphlib
import os
import shlex
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from factory.archives import file_sha256
from factory.cache import ActionCache
from factory.console import Console, Progress
from factory.engines.base import Engine, Session
from factory.engines.jobserver import Jobserver
from factory.errors import BuildError, MachineError
from factory.model.plan import Action, Command, LocalSource, Plan
from factory.model.recipe import Source
from factory.patching import apply_patch

# Seconds after which the bar shows again how long it takes.
_TICK = 1
_TAIL_LINES = 30
_TAIL_ERRORS = 10
_TAIL_WIDTH = 200
# With less than this left, in bytes, it is the disk that made a step fail.
_FULL_DISK = 16 << 20


def missing(plan: Plan, cache: ActionCache) -> tuple[Action, ...]:
    """Return the actions that must run for the plan's results, dependencies first."""
    wanted: set[str] = set()
    queue = [key for result in plan.results for key in (result.interpreter, result.python)]
    while queue:
        key = queue.pop()
        if key not in wanted and cache.find(key) is None:
            wanted.add(key)
            queue += [need.key for need in plan.action(key).dependencies]
    return tuple(action for action in plan.actions if action.key in wanted)


@dataclass(frozen=True, kw_only=True)
class Runner:
    """`unpack_source` lays a source's tree into a new directory.

    With `keep_going` a failed step does not stop those that do not depend on it.
    """

    engine: Engine
    cache: ActionCache
    console: Console
    jobserver: Jobserver
    unpack_source: Callable[[Source | LocalSource, Path], None]
    keep_going: bool = False
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self, actions: tuple[Action, ...]) -> None:
        """Run actions, each after those that it depends on; the first failure stops all."""
        chosen = {action.key: action for action in actions}
        graph = {
            key: {need.key for need in action.dependencies if need.key in chosen}
            for key, action in chosen.items()
        }
        sorter = graphlib.TopologicalSorter(graph)
        sorter.prepare()
        with (
            self.console.progress("building", len(actions), "action") as bar,
            ThreadPoolExecutor(self.jobserver.jobs) as pool,
        ):
            try:
                self._drive(sorter, chosen, pool, bar)
            except BaseException:
                self._stop.set()
                self.engine.interrupt()
                self.jobserver.stop()
                pool.shutdown(wait=True, cancel_futures=True)
                raise

    def _drive(
        self,
        sorter: graphlib.TopologicalSorter[str],
        chosen: dict[str, Action],
        pool: ThreadPoolExecutor,
        bar: Progress,
    ) -> None:
        running: dict[Future[float], Action] = {}
        failures: list[BuildError] = []
        count = 0
        while sorter.is_active():
            for key in sorter.get_ready():
                running[pool.submit(self._make, chosen[key])] = chosen[key]
            if not running:
                break  # what is left depends on what failed
            bar.describe(", ".join(sorted(action.name for action in running.values())))
            finished, _ = wait(running, timeout=_TICK, return_when=FIRST_COMPLETED)
            for future in finished:
                action = running.pop(future)
                try:
                    seconds = future.result()
                except BuildError as error:
                    if not self.keep_going:
                        raise
                    self.console.error(error.message, error.hint)
                    failures.append(error)
                    continue
                count += 1
                bar.advance(1)
                self.console.note(f"[{count:2}/{len(chosen)}] {action.name:28} {seconds:6.1f} s")
                sorter.done(action.key)
        if failures:
            raise BuildError(
                f"{len(failures)} of {len(chosen)} actions failed, {count} are done",
                hint=failures[0].hint,
            )

    def _make(self, action: Action) -> float:
        with self.jobserver.token(), self.cache.lock(action.key, self._stop):
            if self.cache.find(action.key) is not None:
                return 0.0  # another process made it while we waited for the lock
            self.console.note(f"building {action.name}")
            start = time.monotonic()
            archive = self.cache.temporary(action.key)
            try:
                self._run_in_session(action, archive)
                seconds = time.monotonic() - start
                self.cache.admit(action.key, action.name, archive, seconds)
            finally:
                archive.unlink(missing_ok=True)
            return seconds

    def _run_in_session(self, action: Action, archive: Path) -> None:
        path = self.cache.log(action.name, action.key)
        with path.open("wb") as log, self.engine.session(action) as session:
            self._prepare(action, session)
            for command in action.commands:
                self._run_command(action, command, session, log, path)
            session.get_tree("out", archive)

    def _prepare(self, action: Action, session: Session) -> None:
        for need in action.dependencies:
            archive = self.cache.find(need.key)
            if archive is None:
                raise BuildError(
                    f"{action.name}: a dependency vanished from the cache: {need.key}",
                    hint="run the build again; 'factory cache verify' looks for damage",
                )
            session.put_tree(archive, need.into)
        if action.source is not None:
            with tempfile.TemporaryDirectory(
                prefix="source-", suffix=f".{os.getpid()}", dir=self.cache.root / "work"
            ) as scratch:
                tree = Path(scratch, "src")
                self.unpack_source(action.source, tree)
                for patch in action.patches:
                    apply_patch(patch.path, tree)
                session.put_directory(tree, "src")
        for file in (*action.files, *action.patches):
            if file_sha256(file.path) != file.sha256:
                raise BuildError(
                    f"{action.name}: {file.path} was changed while the build ran",
                    hint="run the build again",
                )
        for file in action.files:
            session.put(file.path, file.into, executable=file.executable)

    def _run_command(
        self, action: Action, command: Command, session: Session, log: BinaryIO, path: Path
    ) -> None:
        log.write(f"+ {shlex.join(command.argv)}\n".encode())
        log.flush()
        code = session.run(command, log)
        if code == 0:
            return
        free = shutil.disk_usage(self.cache.root).free
        if free < _FULL_DISK:
            raise MachineError(
                f"{action.name} failed on a full disk: {free >> 20} MiB free at {self.cache.root}",
                hint="free space there, or point FACTORY_CACHE_DIR to a disk that has some",
            )
        kept = path.with_suffix(".failed.log")
        shutil.copyfile(path, kept)
        raise BuildError(
            f"{action.name}: {shlex.join(command.argv[:3])} ... ended with {_meaning(code)}\n"
            f"{_tail(path)}",
            hint=f"the whole log is {kept}",
        )


def _meaning(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _tail(log: Path) -> str:
    """Return the end of a log, and before it the errors that parallel steps pushed up."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    earlier, last = lines[:-_TAIL_LINES], lines[-_TAIL_LINES:]
    errors = [line for line in earlier if "error:" in line][-_TAIL_ERRORS:]
    return "\n".join(f"  | {line[:_TAIL_WIDTH]}" for line in (*errors, *last))
