from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import factory
from factory.model.arch import Arch
from factory.model.plan import Action, Dependency, File, LocalSource, Plan, Result
from factory.model.recipe import Archive, PythonRelease, Source
from factory.model.target import Flavor, Target
from factory.package.artifacts import Artifact
from factory.package.manifest import manifest

SOURCE = Source(
    name="zlib",
    version="1.3.2",
    archives=(Archive(sha256="1" * 64, size=1), Archive(sha256="2" * 64, size=2)),
)
RELEASE = PythonRelease(
    source=SOURCE,
    licence="PSF-2.0",
    licence_files=(),
    components=(),
    static_archives=(),
    modules_left_out={"_tkinter": "needs X11"},
)


def test_what_went_in_and_what_came_out(action: Callable[..., Action], tmp_path: Path) -> None:
    patch = File(path=tmp_path / "0001-x.patch", sha256="3" * 64, into="input/patches/x")
    zlib = action("zlib", ["cc", "-O2"], source=SOURCE, patches=(patch,))
    local = LocalSource(path=tmp_path / "cpython", sha256="4" * 64, version="3.13.16+")
    python = action("python", source=local, dependencies=(Dependency(key=zlib.key),))
    link = action("link", dependencies=(Dependency(key=python.key, into="python"),))
    stranger = action("stranger")
    result = Result(
        target=Target(python=RELEASE, arch=Arch.X86_64), interpreter=link.key, python=python.key
    )
    made = Artifact(path=tmp_path / "cpython-single", flavor=Flavor.SINGLE, sha256="5" * 64, size=9)
    plan = Plan(actions=(zlib, stranger, python, link), results=(result,))
    data = manifest(plan, result, (made,), {"cpython-single"})
    assert data["factory"] == factory.__version__
    assert data["triple"] == "x86_64-unknown-linux-musl"
    assert (data["toolchain"], data["source_date_epoch"]) == ("zig 1", 1735689600)
    assert data["modules_left_out"] == {"_tkinter": "needs X11"}
    assert data["artifacts"] == [
        {
            "name": "cpython-single",
            "flavor": "single",
            "sha256": "5" * 64,
            "size": 9,
            "verified": True,
        }
    ]
    assert data["actions"] == [
        {
            "name": "zlib",
            "key": zlib.key,
            "source": {"name": "zlib", "version": "1.3.2", "sha256": ["1" * 64, "2" * 64]},
            "patches": {"0001-x.patch": "3" * 64},
            "commands": [["cc", "-O2"]],
        },
        {
            "name": "python",
            "key": python.key,
            "source": {"name": "local source", "version": "3.13.16+", "sha256": ["4" * 64]},
            "patches": {},
            "commands": [],
        },
        {"name": "link", "key": link.key, "source": None, "patches": {}, "commands": []},
    ]
    assert str(tmp_path) not in json.dumps(data)
    assert data["pie"] is True
    assert data["bolt"] is False
    fixed = replace(result, target=replace(result.target, pie=False))
    assert manifest(plan, fixed, (made,), ())["pie"] is False
    rewritten = replace(result, target=replace(result.target, bolt=True))
    assert manifest(plan, rewritten, (made,), ())["bolt"] is True
