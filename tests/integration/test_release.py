"""A release build: trained, compiled with what was counted, and as right as any other."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from factory.archives import file_sha256
from factory.cache import ActionCache
from factory.console import Console
from factory.verify.elf import read_elf
from tests.integration.conftest import MACHINE, Distribution, Factory

pytestmark = pytest.mark.build
MINOR = "3.14"


@dataclass(frozen=True, kw_only=True)
class Release:
    """What a release build of one Python wrote."""

    output: Path
    single: Path
    manifest: dict[str, Any]


@pytest.fixture(scope="module")
def release(factory: Factory, tmp_path_factory: pytest.TempPathFactory) -> Release:
    output = tmp_path_factory.mktemp("release")
    what = ("--python", MINOR, "--arch", MACHINE, "--flavor", "single", "--profile", "release")
    print(factory.run("build", *what, "--output", str(output)).stderr)
    (single,) = output.glob("*-single")
    (manifest,) = output.glob("*.manifest.json")
    return Release(output=output, single=single, manifest=json.loads(manifest.read_text()))


def test_it_passed_every_check_and_says_how_it_was_made(release: Release) -> None:
    assert release.manifest["profile"] == "release"
    assert [row["verified"] for row in release.manifest["artifacts"]] == [True]
    (profile,) = release.output.glob("*.profdata")
    assert release.manifest["profile_sha256"] == file_sha256(profile)
    names = [action["name"] for action in release.manifest["actions"]]
    assert f"training-{MINOR}-{MACHINE}" in names


def test_it_has_a_fixed_address(release: Release) -> None:
    assert release.manifest["pie"] is False
    assert read_elf(release.single).type == "EXEC"


def test_extension_modules_load(
    release: Release, built: dict[str, Distribution], tmp_path: Path
) -> None:
    with tarfile.open(built[MINOR].install_only) as tar:
        modules = [one for one in tar if "/lib-dynload/" in one.name and one.name.endswith(".so")]
        tar.extractall(tmp_path, modules, filter="data")
    (place,) = tmp_path.glob("python/lib/*/lib-dynload")
    names = sorted(path.name.partition(".")[0] for path in place.iterdir())
    assert names
    statement = (
        f"import sys, importlib; sys.path.insert(0, {str(place)!r});"
        f"print(*(importlib.import_module(name).__file__ for name in {names}), sep='\\n')"
    )
    done = subprocess.run(
        [release.single, "-I", "-c", statement], capture_output=True, text=True, check=True
    )
    assert {Path(line).parent for line in done.stdout.split()} == {place}


def test_it_says_when_its_end_is_missing(release: Release, tmp_path: Path) -> None:
    content = release.single.read_bytes()
    place = tmp_path / "python"
    place.write_bytes(content[: len(content) // 2])
    place.chmod(0o755)
    done = subprocess.run([place, "-c", "pass"], capture_output=True, text=True)
    assert done.returncode == 126
    assert "the end of the file is missing" in done.stderr


def test_a_given_profile_leaves_the_training_out(release: Release, factory: Factory) -> None:
    (profile,) = release.output.glob("*.profdata")
    what = ("--python", MINOR, "--arch", MACHINE, "--profile", "release", "--json")
    plan = json.loads(factory.run("plan", *what, "--trained", str(profile)).stdout)
    must_run = [row["name"] for row in plan["actions"] if row["state"] != "cached"]
    assert must_run == [f"{part}-release-{MINOR}-{MACHINE}" for part in ("cpython", "interpreter")]


def test_extensions_are_compiled_without_its_flags(release: Release) -> None:
    statement = (
        "import json, sysconfig; names = ('CC', 'CFLAGS', 'LDFLAGS', 'LDSHARED', 'OPT');"
        "print(json.dumps([sysconfig.get_config_var(name) for name in names]))"
    )
    done = subprocess.run(
        [release.single, "-I", "-c", statement], capture_output=True, text=True, check=True
    )
    for value in json.loads(done.stdout):
        assert "profile" not in value
        assert "lto" not in value


def test_start_up_is_within_the_ceiling(release: Release, factory: Factory, tmp_path: Path) -> None:
    counted = ("--suite", "instructions", "--profile", "release")
    done = factory.run("bench", str(release.single), *counted, "--output", str(tmp_path / "out"))
    assert "within the ceiling" in done.stdout


def test_the_evaluation_loop_of_gotos_has_many_jumps(
    built: dict[str, Distribution], factory: Factory, tmp_path: Path
) -> None:
    """A compiler that merges them makes 7 of what others make 200 of; 3.14 has tail calls."""
    plan = json.loads(factory.run("plan", "--python", "3.13", "--arch", MACHINE, "--json").stdout)
    (key,) = (row["key"] for row in plan["actions"] if row["name"] == f"cpython-3.13-{MACHINE}")
    output = ActionCache(factory.cache, Console()).find(key)
    assert output
    with tarfile.open(output) as tar:
        tar.extract("link/libpython3.13.a", tmp_path, filter="data")
    tools = Path(sys.prefix, "bin")
    archive = tmp_path / "link/libpython3.13.a"
    subprocess.run([tools / "llvm-ar", "x", archive, "ceval.o"], cwd=tmp_path, check=True)
    code = subprocess.run(
        [tools / "llvm-objdump", "--disassemble", tmp_path / "ceval.o"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    indirect = {"x86_64": "jmpq\t*", "aarch64": "br\tx"}[MACHINE]
    assert code.count(indirect) > 150
