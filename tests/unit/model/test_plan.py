from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from factory.model.plan import Action, Command, Dependency, File, LocalSource, Plan
from factory.model.recipe import Archive, Source

FILE = File(path=Path("/one/main.c"), sha256="1" * 64, into="input/main.c")
PATCH = File(path=Path("/one/0001-x.patch"), sha256="2" * 64, into="input/patches/0001-x.patch")
ARCHIVE = Archive(sha256="3" * 64, size=1, urls=("https://upstream.invalid/x.tar.gz",))
SECOND_ARCHIVE = Archive(sha256="4" * 64, size=2, debian_pool="main/x/x/x.orig.tar.gz")
SOURCE = Source(name="x", version="1", archives=(ARCHIVE, SECOND_ARCHIVE))
ACTION = Action(
    name="x-x86_64",
    commands=(
        Command(argv=("make", "install", "DESTDIR={work}/out")),
        Command(argv=("sed", "-e", "p", "x"), cwd="src", env=(("LC_ALL", "C"),), stdout="y"),
    ),
    toolchain="zig 0.1",
    source=SOURCE,
    patches=(PATCH,),
    files=(FILE,),
    dependencies=(Dependency(key="5" * 64),),
    env=(("FACTORY_TRIPLE", "x86_64-linux-musl"),),
    epoch=1,
)


def test_the_key_is_a_hash_and_stays_the_same() -> None:
    """A new value here throws away everybody's cache: raise KEY_FORMAT instead, knowingly."""
    assert ACTION.key == "ee9f84e1c4342be57322ed5d8c3a2380b5a754b59e5eadc6b3df9a6fd39244c8"
    assert replace(ACTION).key == ACTION.key


def test_the_key_hashes_what_the_action_says() -> None:
    identity = ACTION._identity()
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == ACTION.key
    assert set(identity) == {
        *("format", "name", "toolchain", "source", "patches", "files", "dependencies"),
        *("env", "commands", "epoch"),
    }


@pytest.mark.parametrize(
    "changed",
    [
        replace(ACTION, name="y-x86_64"),
        replace(ACTION, toolchain="zig 0.2"),
        replace(ACTION, epoch=2),
        replace(ACTION, env=()),
        replace(ACTION, env=(("FACTORY_TRIPLE", "aarch64-linux-musl"),)),
        replace(ACTION, commands=ACTION.commands[:1]),
        replace(ACTION, commands=ACTION.commands[::-1]),
        replace(ACTION, commands=(replace(ACTION.commands[0], argv=("make",)),)),
        replace(ACTION, commands=(replace(ACTION.commands[0], cwd="src"), ACTION.commands[1])),
        replace(
            ACTION, commands=(replace(ACTION.commands[0], env=(("V", "1"),)), ACTION.commands[1])
        ),
        replace(ACTION, commands=(replace(ACTION.commands[0], stdout="y"), ACTION.commands[1])),
        replace(ACTION, patches=()),
        replace(ACTION, patches=(replace(PATCH, sha256="6" * 64),)),
        replace(ACTION, patches=(PATCH, replace(PATCH, sha256="6" * 64))),
        replace(ACTION, patches=(replace(PATCH, sha256="6" * 64), PATCH)),
        replace(ACTION, files=()),
        replace(ACTION, files=(replace(FILE, sha256="6" * 64),)),
        replace(ACTION, files=(replace(FILE, into="input/other.c"),)),
        replace(ACTION, files=(replace(FILE, executable=True),)),
        replace(ACTION, dependencies=()),
        replace(ACTION, dependencies=(Dependency(key="7" * 64),)),
        replace(ACTION, dependencies=(Dependency(key="5" * 64, into="native"),)),
        replace(ACTION, source=None),
        replace(ACTION, source=replace(SOURCE, archives=(ARCHIVE,))),
        replace(ACTION, source=LocalSource(path=Path("/x"), sha256="8" * 64, version="1")),
    ],
)
def test_what_changes_the_key(changed: Action) -> None:
    assert changed.key != ACTION.key


def test_every_change_has_a_key_of_its_own() -> None:
    argvs = [("a", "b"), ("a b",), ("a", "", "b"), ("b", "a"), ("a",)]
    keys = {replace(ACTION, commands=(Command(argv=argv),)).key for argv in argvs}
    assert len(keys) == len(argvs)


@pytest.mark.parametrize(
    "same",
    [
        replace(ACTION, files=(replace(FILE, path=Path("/other/main.c")),)),
        replace(ACTION, patches=(replace(PATCH, path=Path("/other/0001-x.patch")),)),
        replace(ACTION, source=replace(SOURCE, archives=(SECOND_ARCHIVE, ARCHIVE))),
        replace(
            ACTION,
            source=replace(
                SOURCE,
                archives=(replace(ARCHIVE, urls=("https://mirror.invalid/x",)), SECOND_ARCHIVE),
            ),
        ),
        replace(ACTION, source=replace(SOURCE, version="1.0")),
    ],
)
def test_neither_places_nor_names_of_bytes_change_the_key(same: Action) -> None:
    assert same.key == ACTION.key


def test_the_place_of_a_local_source_does_not_count() -> None:
    keys = {
        replace(ACTION, source=LocalSource(path=Path(place), sha256="8" * 64, version=version)).key
        for place in ("/one/cpython", "/two/cpython.tar.xz")
        for version in ("3.15.0a1", "3.15.0a1+")
    }
    assert len(keys) == 1


def test_no_path_of_the_machine_is_hashed(tmp_path: Path) -> None:
    here = replace(
        ACTION,
        files=(replace(FILE, path=tmp_path / "main.c"),),
        patches=(replace(PATCH, path=tmp_path / "0001-x.patch"),),
        source=LocalSource(path=tmp_path / "cpython", sha256="8" * 64, version="1"),
    )
    assert str(tmp_path) not in json.dumps(here._identity())


def test_a_plan_finds_actions_and_names_each_source_once(action: Callable[..., Action]) -> None:
    other = Source(name="y", version="1", archives=(ARCHIVE,))
    local = LocalSource(path=Path("/x"), sha256="8" * 64, version="1")
    actions = (
        action("one", source=SOURCE),
        action("two", source=other),
        action("three", source=SOURCE),
        action("four", source=local),
        action("five"),
    )
    plan = Plan(actions=actions, results=())
    assert plan.sources == (SOURCE, other)
    assert plan.action(actions[2].key) is actions[2]
