"""A plan: a DAG of actions, each identified by the hash of everything that goes into it.

Paths inside an action are relative to its work directory:

    src/      the unpacked, patched source        tools/    the toolchain's programs
    build/    where configure and make run        input/    files of ours that the build uses
    sysroot/  what dependencies provide           out/      the result
    first/    what a step on the building machine made for this one
"""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

from factory.model.recipe import Source
from factory.model.target import Target

# Raise it when the meaning of an action changes without a change in its parts.
KEY_FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Command:
    """One process: argv, a directory relative to the work directory, extra environment.

    `{work}` in an argument or a variable is replaced by the absolute work directory when the
    command runs, so that no machine's path is part of a key. `stdout` names a file that takes the
    output.
    """

    argv: tuple[str, ...]
    cwd: str = "build"
    env: tuple[tuple[str, str], ...] = ()
    stdout: str | None = None

    def at(self, work: str) -> Command:
        """Return the command for one work directory."""
        argv = tuple(word.replace("{work}", work) for word in self.argv)
        env = tuple((name, value.replace("{work}", work)) for name, value in self.env)
        return replace(self, argv=argv, env=env)


@dataclass(frozen=True, kw_only=True)
class File:
    """A file of ours that an action needs, identified by its bytes."""

    path: Path
    sha256: str
    into: str
    executable: bool = False


@dataclass(frozen=True, kw_only=True)
class LocalSource:
    """A CPython tree or archive on this machine that takes the place of a pinned source.

    `sha256` stands for the content: of an archive its bytes, of a tree its files. `version` is
    what patchlevel.h says, such as `3.13.5` or, between releases, `3.13.5+`.
    """

    path: Path
    sha256: str
    version: str


@dataclass(frozen=True, kw_only=True)
class Dependency:
    """Another action's output, laid into a directory of this action."""

    key: str
    into: str = "sysroot"


@dataclass(frozen=True, kw_only=True)
class Action:
    """A build step whose output depends on nothing but what its key covers."""

    name: str
    commands: tuple[Command, ...]
    toolchain: str
    source: Source | LocalSource | None = None
    patches: tuple[File, ...] = ()
    files: tuple[File, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    epoch: int

    @functools.cached_property
    def key(self) -> str:
        """SHA-256 over everything that decides the output; the name in the cache."""
        text = json.dumps(self._identity(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def _identity(self) -> dict[str, object]:
        match self.source:
            case Source(archives=archives):
                source = sorted(archive.sha256 for archive in archives)
            case LocalSource(sha256=digest):
                source = [digest]
            case None:
                source = []
        return {
            "format": KEY_FORMAT,
            "name": self.name,
            "toolchain": self.toolchain,
            "source": source,
            "patches": [patch.sha256 for patch in self.patches],
            "files": [[file.into, file.sha256, file.executable] for file in self.files],
            "dependencies": [[need.key, need.into] for need in self.dependencies],
            "env": self.env,
            "commands": [[c.argv, c.cwd, c.env, c.stdout] for c in self.commands],
            "epoch": self.epoch,
        }


@dataclass(frozen=True, kw_only=True)
class Result:
    """The actions whose outputs become one distribution: executable and installed tree.

    `training` is the one whose counts went into it, if there was one; `bolt_training` that of BOLT.
    """

    target: Target
    interpreter: str
    python: str
    training: str | None = None
    bolt_training: str | None = None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Actions in an order in which every dependency comes first.

    `trained` is the given profile that releases are made with, `trained_bolt` that for BOLT.
    """

    actions: tuple[Action, ...]
    results: tuple[Result, ...]
    trained: File | None = None
    trained_bolt: File | None = None

    def action(self, key: str) -> Action:
        """Return the action with a key."""
        return next(action for action in self.actions if action.key == key)

    @property
    def sources(self) -> tuple[Source, ...]:
        """Every pinned source that some action needs, once each."""
        found = {a.source: None for a in self.actions if isinstance(a.source, Source)}
        return tuple(found)
