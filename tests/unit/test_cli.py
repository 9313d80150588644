"""The command line as users call it: arguments in, exit code and two streams out."""

from __future__ import annotations

import json
import os
import platform
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import factory
import factory.__main__
from factory.cache import ActionCache
from factory.cli import parser
from factory.console import Console
from factory.errors import BuildError, ExitCode, FactoryError, SourceError, VerificationError

COMMANDS = ("build", "plan", "fetch", "verify", "list", "update-pins", "bench", "cache", "doctor")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


Call = Callable[..., Outcome]


@pytest.fixture
def cache_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "cache"
    monkeypatch.setenv("FACTORY_CACHE_DIR", str(place))
    return place


@pytest.fixture
def call(
    cache_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    for name in ("FACTORY_SOURCE_MIRROR", "SOURCE_DATE_EPOCH", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str) -> Outcome:
        try:
            code = factory.__main__.main(arguments)
        except SystemExit as end:  # argparse's way
            code = end.code if isinstance(end.code, int) else 0
        said = capsys.readouterr()
        return Outcome(code=code, out=said.out, err=said.err)

    return run


@pytest.fixture
def cpython(tmp_path: Path) -> Path:
    """A source tree as far as its version can be told."""
    root = tmp_path / "cpython"
    for name, text in {
        "Include/patchlevel.h": '#define PY_VERSION "3.13.16+"\n',
        "configure": "",
        "Makefile.pre.in": "",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


# --- help ---------------------------------------------------------------------------------------


def test_help_of_everything(call: Call) -> None:
    outcome = call("--help")
    assert outcome.code == ExitCode.DONE
    assert all(re.search(rf"(?m)^    {command}\s", outcome.out) for command in COMMANDS)
    assert "examples:\n  factory build --python 3.13 --arch x86_64\n" in outcome.out
    assert "exit codes:\n  0 done" in outcome.out


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(call: Call, command: str) -> None:
    outcome = call(command, "--help")
    assert outcome.code == ExitCode.DONE
    assert f"usage: factory {command}" in outcome.out
    assert "--json" in outcome.out
    if f"\n  factory {command}" in call("--help").out:
        assert f"example:\n  factory {command}" in outcome.out


def test_the_main_commands_have_examples(call: Call) -> None:
    for command in ("build", "plan", "fetch", "verify", "doctor"):
        assert "example:" in call(command, "--help").out


def test_the_examples_can_be_parsed(call: Call) -> None:
    text = call("--help").out.partition("examples:\n")[2].partition("\n\n")[0]
    lines = [part.strip() for line in text.splitlines() for part in line.split("&&")]
    assert len(lines) > 5
    for line in lines:
        program, *arguments = shlex.split(line)
        assert program == "factory"
        assert callable(parser().parse_args(arguments).handler)


def test_the_version(call: Call) -> None:
    assert call("--version") == Outcome(code=0, out=f"factory {factory.__version__}\n", err="")


# --- wrong usage --------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["build", "plan", "fetch"])
def test_an_unknown_version_has_near_names(call: Call, command: str) -> None:
    outcome = call(command, "--python", "3.31")
    assert outcome.code == ExitCode.USAGE
    assert outcome.out == ""
    assert "error: unknown Python version '3.31'; known: 3.14, 3.14." in outcome.err
    assert re.search(r"hint: did you mean .*3\.13", outcome.err)


def test_an_unknown_architecture_has_near_names(call: Call) -> None:
    outcome = call("plan", "--python", "3.13", "--arch", "arm46")
    assert outcome.code == ExitCode.USAGE
    assert "error: unknown architecture 'arm46'; known: x86_64" in outcome.err
    assert "hint: did you mean arm64" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((), "required: COMMAND"),
        (("bulid",), "invalid choice: 'bulid'"),
        (("build", "--flavor", "fat"), "invalid choice: 'fat'"),
        (("build", "--engine", "docker-compose"), "invalid choice"),
        (("build", "--link", "shared"), "invalid choice: 'shared'"),
        (
            ("build", "--python", "3.13", "--link", "dynamic", "--flavor", "single"),
            "--link dynamic --flavor single: its libc.so is not in that file",
        ),
        (
            ("build", "--python", "3.13", "--link", "static", "--no-pie"),
            "--link static --no-pie: what is linked so is always position-independent",
        ),
        (("build", "--python", "3.14", "--bolt"), "--bolt is for a release"),
        (
            ("plan", "--python", "3.14", "--profile", "release", "--bolt", "--pie"),
            "--bolt --pie: only what has a fixed address is rewritten",
        ),
        (
            ("plan", "--python", "3.14", "--profile", "release", "--bolt", "--link", "static"),
            "--bolt --link static: only what has a fixed address is rewritten",
        ),
        (("build", "--python", "3.14", "--trained-bolt", "x"), "--trained-bolt is for --bolt"),
        (
            (
                *("plan", "--python", "3.14", "--profile", "release"),
                "--bolt",
                "--trained-bolt",
                "x",
            ),
            "say --trained FILE with the other profile of that build, too",
        ),
        (("build", "--python"), "expected at least one argument"),
        (("build", "--jobs", "many"), "invalid int value: 'many'"),
        (("plan", "--pyton", "3.13"), "unrecognized arguments"),
        (("verify",), "required: ARCHIVE-OR-DIR"),
        (("cache", "clear"), "invalid choice: 'clear'"),
        (("build",), "which Python?"),
        (("plan",), "which Python?"),
        (("build", "--python", "3.13", "--jobs", "0"), "--jobs: wanted 1 or more, found 0"),
        (("plan", "--source", "/nowhere/at/all"), "no such file or directory"),
        (("verify", "/nowhere/at/all"), "/nowhere/at/all"),
        (("verify", "--suite", "wheels", "/nowhere/at/all"), "/nowhere/at/all"),
        (("verify", "--suite", "eggs", "x"), "invalid choice: 'eggs'"),
        (("verify", "--quick", "x"), "--quick is a part of a suite"),
        (("verify", "--test", "test_os", "x"), "--test names a file of CPython's suite"),
        (("verify", "--suite", "cpython", "/nowhere/at/all"), "/nowhere/at/all"),
        (("verify", "--suite", "cpython", "--jobs", "0", "x"), "--jobs: wanted 1 or more"),
    ],
)
def test_wrong_usage(call: Call, arguments: tuple[str, ...], problem: str) -> None:
    outcome = call(*arguments)
    assert outcome.code == ExitCode.USAGE
    assert problem in outcome.err
    assert outcome.out == ""


@pytest.mark.parametrize("epoch", ["", "now", "-1", "1.5", "\N{SUPERSCRIPT TWO}"])
def test_a_strange_epoch(call: Call, monkeypatch: pytest.MonkeyPatch, epoch: str) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    outcome = call("plan", "--python", "3.13")
    assert outcome.code == ExitCode.USAGE
    assert f"SOURCE_DATE_EPOCH: wanted seconds since 1970, found {epoch!r}" in outcome.err


# --- list ---------------------------------------------------------------------------------------


def test_list_as_json(call: Call) -> None:
    data = call("list", "--json").data
    assert data.keys() == {"pythons", "architectures", "flavors", "components"}
    assert "3.13" in [row["minor"] for row in data["pythons"]]
    assert {
        "name": "x86_64",
        "aliases": ["amd64", "x64", "x86-64"],
        "triple": "x86_64-linux-musl",
    } in (data["architectures"])
    assert data["flavors"] == ["install_only", "single", "embed"]
    for row in (*data["pythons"], *data["components"]):
        assert row["licence"]
        assert all(len(archive["sha256"]) == 64 for archive in row["archives"])


def test_list_as_text(call: Call) -> None:
    outcome = call("list")
    assert outcome.code == ExitCode.DONE
    for row in call("list", "--json").data["components"]:
        assert re.search(rf"(?m)^  {row['name']} +{re.escape(row['version'])} ", outcome.out)


# --- plan ---------------------------------------------------------------------------------------


def plan_of(call: Call, *arguments: str) -> Any:
    outcome = call("plan", "--arch", "x86_64", "--json", *arguments)
    assert outcome.code == ExitCode.DONE, outcome.err
    return outcome.data


def test_plan_as_json(call: Call) -> None:
    data = plan_of(call, "--python", "3.13")
    names = [row["name"] for row in data["actions"]]
    assert names.index("musl-x86_64") < names.index("zlib-x86_64")
    assert names[-1] == "interpreter-3.13-x86_64"
    assert {row["state"] for row in data["actions"]} == {"must run: not in the cache"}
    keys = {row["name"]: row["key"] for row in data["actions"]}
    assert all(re.fullmatch("[0-9a-f]{64}", key) for key in keys.values())
    (result,) = data["results"]
    assert result["target"].startswith("3.13.")
    assert result["interpreter"] == keys["interpreter-3.13-x86_64"]
    assert result["python"] == keys["cpython-3.13-x86_64"]


def test_links_share_all_but_the_link(call: Call) -> None:
    here = {row["key"] for row in plan_of(call, "--python", "3.13")["actions"]}
    for link in ("dynamic", "static"):
        plan = plan_of(call, "--python", "3.13", "--link", link)
        (own,) = (row for row in plan["actions"] if row["key"] not in here)
        assert own["name"] == "interpreter-3.13-x86_64"
        assert plan["results"][0]["target"].endswith(f" x86_64 {link}")


@pytest.mark.parametrize(("option", "name"), [("--pie", ""), ("--no-pie", " no-pie")])
def test_a_fixed_address_is_a_matter_of_the_link(call: Call, option: str, name: str) -> None:
    here = {row["key"] for row in plan_of(call, "--python", "3.13")["actions"]}
    plan = plan_of(call, "--python", "3.13", option)
    own = [row["name"] for row in plan["actions"] if row["key"] not in here]
    assert own == (["interpreter-3.13-x86_64"] if name else [])
    assert plan["results"][0]["target"].endswith(f" x86_64{name}")


def test_plan_as_text(call: Call) -> None:
    rows = plan_of(call, "--python", "3.13")["actions"]
    lines = call("plan", "--arch", "x86_64", "--python", "3.13").out.splitlines()
    assert [line.split()[:2] for line in lines] == [[row["key"][:16], row["name"]] for row in rows]


def test_plan_knows_the_cache(call: Call, cache_dir: Path, console: Console) -> None:
    (result,) = plan_of(call, "--python", "3.13")["results"]
    cache = ActionCache(cache_dir, console)
    for key in (result["interpreter"], result["python"]):
        cache.temporary(key).write_bytes(b"output")
        cache.admit(key, "x", cache.temporary(key), 1.0)
    states = {row["key"]: row["state"] for row in plan_of(call, "--python", "3.13")["actions"]}
    assert states.pop(result["interpreter"]) == "cached"
    assert states.pop(result["python"]) == "cached"
    assert set(states.values()) == {"not needed: its users are cached"}


def test_plan_is_for_this_machine_unless_told(call: Call) -> None:
    data = call("plan", "--python", "3.13", "--json").data
    assert data["results"][0]["target"].endswith(f" {platform.machine()}")


def test_several_targets(call: Call) -> None:
    options = ("--python", "3.14", "--python", "3.13", "--arch", "arm64")
    targets = [row["target"].split() for row in plan_of(call, *options)["results"]]
    assert [(v.rpartition(".")[0], arch) for v, arch in targets] == [
        *(("3.14", "x86_64"), ("3.14", "aarch64")),
        *(("3.13", "x86_64"), ("3.13", "aarch64")),
    ]


def test_the_same_target_under_two_names_is_one(call: Call) -> None:
    (first,) = plan_of(call, "--python", "3.13")["results"]
    exact = first["target"].split()[0]
    twice = plan_of(call, "--python", "3.13", "--python", exact, "--arch", "amd64")
    assert twice["results"] == [first]


def test_the_epoch_of_the_environment_counts(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    before = plan_of(call, "--python", "3.13")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    after = plan_of(call, "--python", "3.13")
    assert not {r["key"] for r in before["actions"]} & {r["key"] for r in after["actions"]}


def test_a_source_of_ones_own_needs_no_version(call: Call, cpython: Path) -> None:
    (result,) = plan_of(call, "--source", str(cpython))["results"]
    assert result["target"] == "3.13.16 x86_64"
    for version in ("3.13", "3.13.16", "3.13.16+"):
        named = plan_of(call, "--source", str(cpython), "--python", version)
        assert named["results"] == [result]


def test_a_source_of_another_version_than_asked_for(call: Call, cpython: Path) -> None:
    outcome = call("plan", "--source", str(cpython), "--python", "3.14")
    assert outcome.code == ExitCode.USAGE
    assert f"--source {cpython} is Python 3.13.16+, and --python wants 3.14" in outcome.err


def test_a_source_of_an_unknown_minor(call: Call, cpython: Path) -> None:
    (cpython / "Include/patchlevel.h").write_text('#define PY_VERSION "3.99.0"\n')
    outcome = call("plan", "--source", str(cpython))
    assert outcome.code == ExitCode.USAGE
    assert "unknown Python version '3.99'" in outcome.err


# --- the cache ----------------------------------------------------------------------------------


def admit(cache_dir: Path, console: Console) -> Path:
    cache = ActionCache(cache_dir, console)
    cache.temporary("a" * 64).write_bytes(b"output")
    return cache.admit("a" * 64, "zlib-x86_64", cache.temporary("a" * 64), 1.0)


def test_cache_ls(call: Call, cache_dir: Path, console: Console) -> None:
    admit(cache_dir, console)
    (row,) = call("cache", "ls", "--json").data
    assert (row["key"], row["name"], row["size"]) == ("a" * 64, "zlib-x86_64", 6)
    lines = call("cache", "ls").out.splitlines()
    assert lines[0].split() == ["a" * 16, "6", "zlib-x86_64"]
    assert lines[1] == "1 entries"


def test_cache_verify(call: Call, cache_dir: Path, console: Console) -> None:
    archive = admit(cache_dir, console)
    assert call("cache", "verify").code == ExitCode.DONE
    archive.write_bytes(b"changed")
    damaged = call("cache", "verify", "--json")
    assert damaged.code == ExitCode.VERIFICATION
    assert [row["name"] for row in damaged.data] == ["zlib-x86_64"]
    assert "is damaged" in damaged.err
    assert call("cache", "verify").code == ExitCode.DONE


def test_cache_gc(call: Call, cache_dir: Path, console: Console) -> None:
    archive = admit(cache_dir, console)
    assert call("cache", "gc").out == "0 entries\n"
    assert archive.exists()
    assert call("cache", "gc", "--keep-days", "0").out.endswith("1 entries\n")
    assert not archive.exists()


def test_where_the_cache_is(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, console: Console
) -> None:
    admit(tmp_path / "xdg" / "static-python-factory", console)
    admit(tmp_path / "home" / ".cache" / "static-python-factory", console)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.chdir(tmp_path)

    def count() -> int:
        return len(call("cache", "ls", "--json").data)

    assert count() == 0  # FACTORY_CACHE_DIR comes first
    monkeypatch.delenv("FACTORY_CACHE_DIR")
    assert count() == 1
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert count() == 1
    assert call("cache", "ls", "--json", "--cache-dir", "empty").data == []
    assert (tmp_path / "empty").is_dir()


# --- what goes wrong ----------------------------------------------------------------------------


def test_no_source_without_a_network(call: Call) -> None:
    outcome = call("fetch", "--python", "3.13", "--offline")
    assert outcome.code == ExitCode.SOURCE
    assert "error: " in outcome.err


def test_doctor_on_a_machine_with_nothing(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: {"ID": "debian"})
    monkeypatch.setenv("PATH", "")
    outcome = call("doctor")
    assert outcome.code == ExitCode.MACHINE
    assert "BAD  programs     missing: make, perl, sh" in outcome.out
    remedy = outcome.out.partition("-> ")[2].splitlines()[0]
    assert remedy.startswith("apt-get install ")
    assert {"make", "perl", "coreutils", "findutils"} <= set(remedy.split())


def test_doctor_as_json(call: Call) -> None:
    rows = call("doctor", "--json").data
    subjects = [row["subject"] for row in rows]
    assert subjects == [
        *("machine", "programs", "compiler", "release", "BOLT"),
        *("disk space", "cache path", "emulators"),
        "containers",
    ]
    assert all(row.keys() == {"subject", "good", "message", "remedy"} for row in rows)


def test_a_build_on_a_machine_with_nothing(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    outcome = call("build", "--python", "3.13", "--output", str(tmp_path / "dist"))
    assert outcome.code == ExitCode.MACHINE
    assert "programs: missing: make, perl" in outcome.err
    assert re.search("hint: .*perl", outcome.err)


def test_results_that_could_not_be_written_are_noticed_first(call: Call, tmp_path: Path) -> None:
    (tmp_path / "dist").write_text("a file")
    outcome = call("build", "--python", "3.13", "--output", str(tmp_path / "dist"))
    assert outcome.code == ExitCode.MACHINE
    assert str(tmp_path / "dist") in outcome.err


def test_a_cache_that_cannot_be_made(call: Call, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    outcome = call("plan", "--python", "3.13", "--cache-dir", str(tmp_path / "file" / "cache"))
    assert outcome.code == ExitCode.MACHINE
    assert str(tmp_path / "file" / "cache") in outcome.err


def failing(error: BaseException) -> Callable[..., int]:
    def run(*arguments: object) -> int:
        raise error

    return run


@pytest.mark.parametrize("error", [SourceError, BuildError, VerificationError])
def test_expected_failures(
    call: Call, monkeypatch: pytest.MonkeyPatch, error: type[FactoryError]
) -> None:
    monkeypatch.setattr(factory.__main__, "run", failing(error("what happened", hint="do this")))
    outcome = call("build")
    assert outcome.code == error.exit_code
    assert outcome.err == "error: what happened\nhint: do this\n"


def test_an_interrupt(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factory.__main__, "run", failing(KeyboardInterrupt()))
    outcome = call("build")
    assert outcome.code == ExitCode.INTERRUPTED
    assert outcome.err.startswith("error: interrupted\nhint: ")


def test_a_bug_names_the_log_with_its_traceback(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(factory.__main__, "run", failing(ZeroDivisionError("by zero")))
    outcome = call("build")
    assert outcome.code == ExitCode.BUG
    assert "error: unexpected ZeroDivisionError: by zero" in outcome.err
    assert "Traceback" not in outcome.err
    match = re.search(r"its traceback is in (\S+)", outcome.err)
    assert match
    assert Path(match[1]).parent == tmp_path
    text = Path(match[1]).read_text()
    assert text.startswith("Traceback")
    assert "ZeroDivisionError: by zero" in text


def test_quiet_keeps_errors(call: Call) -> None:
    outcome = call("plan", "--quiet", "--python", "2.7")
    assert outcome.code == ExitCode.USAGE
    assert "error: unknown Python version" in outcome.err


def run_factory(*arguments: str, stdout: int) -> subprocess.CompletedProcess[bytes]:
    unbuffered = "PYTHONUNBUFFERED"
    return subprocess.run(
        [sys.executable, "-m", "factory", *arguments],
        env={name: value for name, value in os.environ.items() if name != unbuffered},
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
    )


def test_as_a_program() -> None:
    done = run_factory("list", "--json", stdout=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["pythons"]


def test_a_reader_that_goes_away_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        done = run_factory("list", stdout=write)
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")
