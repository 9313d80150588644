"""The main job on real sources: build, look at the artifacts, run them."""

from __future__ import annotations

import hashlib
import json
import lzma
import os
import platform
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

from tests.integration.conftest import Distribution, Factory

pytestmark = pytest.mark.build


def run(*argv: str | Path, **options: object) -> str:
    done = subprocess.run([str(part) for part in argv], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{argv}:\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def test_every_check_passes(distribution: Distribution) -> None:
    for report in distribution.report["reports"]:
        assert report["passed"], report
        weights = {finding["severity"] for finding in report["findings"]}
        assert "error" not in weights
        assert len(report["findings"]) > 20


def test_ldd_says_not_dynamic(distribution: Distribution) -> None:
    done = subprocess.run(["ldd", distribution.single], capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert "statically linked" in said or "not a dynamic" in said.lower(), said


def test_single_file_runs_alone_in_an_empty_root(
    distribution: Distribution, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    shutil.copy(distribution.single, root / "python")
    enter = ["chroot", str(root)]
    if os.geteuid() != 0:
        enter = ["unshare", "--user", "--map-root-user", "--root", str(root)]
    program = (
        "import sys, ssl, sqlite3, ctypes, asyncio, json, lzma, bz2, zlib, decimal, readline;"
        "print(sys.version_info[:2], ssl.OPENSSL_VERSION, sqlite3.sqlite_version)"
    )
    done = subprocess.run(
        [*enter, "/python", "-c", program], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "OpenSSL 3.5" in done.stdout


def test_sizes_stay_in_bounds(distribution: Distribution) -> None:
    content = distribution.single.read_bytes()
    assert len(content) <= 36_000_000
    assert len(lzma.compress(content, preset=9)) <= 12_000_000


def test_malloc_is_mimalloc(distribution: Distribution) -> None:
    """It says so itself when it is asked to; CPython's own copy knows no such option."""
    done = subprocess.run(
        [distribution.single, "-I", "-S", "-c", "pass"],
        capture_output=True,
        text=True,
        env={"MIMALLOC_VERBOSE": "1"},
    )
    assert done.returncode == 0
    assert "option 'decommit_delay'" in done.stderr, done.stderr


def test_checksum_files_and_manifest_are_true(distribution: Distribution) -> None:
    for path in (distribution.install_only, distribution.single):
        digest, name = path.with_name(f"{path.name}.sha256").read_text().split()
        assert name == path.name
        assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    stem = distribution.single.name.removesuffix("-single")
    manifest = json.loads(distribution.single.with_name(f"{stem}.manifest.json").read_text())
    assert {row["sha256"] for row in manifest["artifacts"]} == {
        hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (distribution.install_only, distribution.single)
    }
    names = {action["name"] for action in manifest["actions"]}
    assert f"openssl-{platform.machine()}" in names


def test_archive_is_deterministic_in_form(distribution: Distribution) -> None:
    with tarfile.open(distribution.install_only) as tar:
        members = tar.getmembers()
    names = [member.name for member in members]
    assert names[0] == "python"
    assert names == sorted(names, key=lambda name: name.split("/"))
    assert {member.uid for member in members} == {0}
    assert len({member.mtime for member in members}) == 1
    assert {oct(member.mode) for member in members} <= {"0o755", "0o644", "0o777"}


def test_an_extension_module_loads_from_disk(distribution: Distribution, tmp_path: Path) -> None:
    """CPython's Setup keeps some test modules shared; they show that dlopen works."""
    with tarfile.open(distribution.install_only) as tar:
        tar.extractall(tmp_path, filter="data")
    program = "import _testsinglephase, sys; print(_testsinglephase.__file__)"
    said = run(tmp_path / "python/bin/python3", "-c", program)
    assert "lib-dynload" in said
    assert "-linux-musl.so" in said


def test_nothing_changed_runs_nothing(
    built: dict[str, Distribution], factory: Factory, output: Path
) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in output.iterdir()}
    done = factory.run(
        "build", "--python", "3.13", "--arch", platform.machine(), "--output", str(output)
    )
    assert "every action is in the cache" in done.stderr
    assert "packing" not in done.stderr
    assert "verifying" not in done.stderr
    archives = [name for name in before if name.endswith((".gz", "-single"))]
    assert {name: (output / name).stat().st_mtime_ns for name in archives} == {
        name: before[name] for name in archives
    }


def test_plan_says_that_all_is_cached(built: dict[str, Distribution], factory: Factory) -> None:
    done = factory.run("plan", "--python", "3.14", "--json")
    states = {row["state"] for row in json.loads(done.stdout)["actions"]}
    assert states == {"cached"}


def test_damaged_cache_entry_is_noticed_and_made_again(
    built: dict[str, Distribution], factory: Factory, tmp_path: Path
) -> None:
    selection = ("--python", "3.13", "--arch", platform.machine())
    plan = json.loads(factory.run("plan", *selection, "--json").stdout)
    # A copy of what this build is made of: other tests use the cache at the same time.
    copy = Factory(cache=tmp_path / "cache")
    (copy.cache / "actions").mkdir(parents=True)
    for action in plan["actions"]:
        for file in (factory.cache / "actions").glob(f"{action['key']}.*"):
            shutil.copy2(file, copy.cache / "actions")
    key = plan["results"][0]["interpreter"]
    archive = copy.cache / "actions" / f"{key}.tar"
    content = bytearray(archive.read_bytes())
    sha256 = hashlib.sha256(content).hexdigest()
    content[len(content) // 2] ^= 1
    archive.write_bytes(content)
    done = copy.run("build", *selection, "--output", str(tmp_path / "dist"))
    assert "is damaged" in done.stderr
    assert sha256 in done.stderr
    # The same inputs give the same bytes: the archive that was damaged is back, bit for bit.
    assert hashlib.sha256(archive.read_bytes()).hexdigest() == sha256


def test_dynamic_file_fails_verification(factory: Factory) -> None:
    done = factory.run("verify", str(Path(sys.executable).resolve()), check=6)
    assert "error" in done.stdout


def test_offline_without_sources_names_what_is_missing(tmp_path: Path) -> None:
    empty = {"FACTORY_CACHE_DIR": str(tmp_path), "FACTORY_SOURCE_MIRROR": ""}
    done = subprocess.run(
        [sys.executable, "-m", "factory", "build", "--python", "3.13", "--offline"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ | empty,
    )
    assert done.returncode == 4, done.stderr
    assert "zlib" in done.stderr
    assert "factory fetch --python 3.13" in done.stderr


def wait_for(pattern: str, folder: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not any(folder.glob(pattern)):
        assert time.monotonic() < deadline, f"no {pattern} in {folder} after {seconds} s"
        time.sleep(0.1)


@pytest.mark.parametrize("wanted", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_leaves_nothing_half_done(tmp_path: Path, wanted: signal.Signals) -> None:
    """Ctrl-C in the middle of a step: children are gone, and so are work directories."""
    command = [sys.executable, "-m", "factory", "build", "--python", "3.13"]
    with subprocess.Popen(
        [*command, "--cache-dir", str(tmp_path), "--output", str(tmp_path / "dist")],
        stderr=subprocess.PIPE,
        text=True,
        # What a shell starts in the background ignores SIGINT, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        try:
            wait_for("musl-*/build/config.mak", tmp_path / "work", seconds=120)
            process.send_signal(wanted)
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130, said
    assert "interrupted" in said
    assert list((tmp_path / "work").iterdir()) == []
    assert list((tmp_path / "actions").glob(".*")) == []
    left = subprocess.run(["pgrep", "-f", f"{tmp_path}/work"], capture_output=True, text=True)
    assert left.stdout == ""


def test_failing_step_says_where_its_log_is(tmp_path: Path, factory: Factory) -> None:
    """A CPython tree that does not compile: exit 5, the step, its last lines, the log."""
    tree = tmp_path / "cpython"
    (tree / "Include").mkdir(parents=True)
    (tree / "Include/patchlevel.h").write_text('#define PY_VERSION "3.13.15"\n')
    (tree / "Makefile.pre.in").write_text("")
    (tree / "Lib/importlib").mkdir(parents=True)
    configure = tree / "configure"
    configure.write_text("#!/bin/sh\necho this tree cannot be configured\nexit 7\n")
    configure.chmod(0o755)
    done = factory.run("build", "--source", str(tree), "--output", str(tmp_path / "dist"), check=5)
    assert "cpython-3.13" in done.stderr
    assert "exit code 7" in done.stderr or "does not apply" in done.stderr
