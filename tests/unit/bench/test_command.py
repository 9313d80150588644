"""`factory bench` as users call it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyperf
import pytest

import factory.__main__
from factory.bench import instructions
from factory.bench.machine import describe_machine, processor, release
from factory.bench.request import usual_suites
from factory.bench.run import Run, Suite, load_run
from factory.errors import ExitCode


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACTORY_CACHE_DIR", str(tmp_path / "cache"))


def call(*arguments: str) -> int:
    return factory.__main__.main(("bench", *arguments))


def test_a_run_writes_all_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out"
    me = sys.executable
    arguments = (me, "--peer", me, "--program", "nbody", "--rounds", "1", "--output", str(output))
    monkeypatch.setattr(sys, "argv", ["factory", "bench", *arguments])
    assert call(*arguments, "--quick", "--suite", "programs", "size", "--json") == ExitCode.DONE
    name = Path(me).name
    files = {"run.json", "report.md", "report.html", "report.txt"}
    files |= {f"pyperf-{name}.json", f"pyperf-{name}-2.json"}
    assert {path.name for path in output.iterdir()} == files
    run = load_run(output / "run.json")
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(run.as_json()))
    assert run.command == ("factory", "bench", *arguments)
    assert [row.name for row in run.of(Suite.PROGRAMS)] == ["nbody"]
    suite = pyperf.BenchmarkSuite.load(str(output / f"pyperf-{name}.json"))
    assert suite.get_benchmark_names() == ["nbody"]


def test_over_the_ceiling_the_exit_code_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    verdict = instructions.Judgement(text="over by far", too_many=True)
    monkeypatch.setattr("factory.bench.campaign.judge", lambda *_: iter([verdict]))
    monkeypatch.setattr("factory.bench.campaign.find_valgrind", lambda: "/bin/true")
    monkeypatch.setattr("factory.bench.instructions._count", lambda *_: 5)
    arguments = (sys.executable, "--suite", "instructions", "--output", str(tmp_path / "out"))
    assert call(*arguments) == ExitCode.VERIFICATION
    assert "over by far" in capsys.readouterr().out


def test_without_valgrind_nothing_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert call(sys.executable, "--quick") == ExitCode.MACHINE
    assert "apt-get install valgrind" in capsys.readouterr().err
    assert not Path("bench-results").exists()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((sys.executable, "--program", "nbodi"), "did you mean nbody"),
        ((sys.executable, "--rounds", "0"), "--rounds: wanted 1 or more"),
        ((sys.executable, sys.executable), "say --peer before another interpreter"),
        (("/nothing/here",), "there is no /nothing/here"),
        ((sys.executable, "--peer", "debian:No"), "no name of a Debian release"),
        (("report",), "which run"),
        (("report", "/nothing/run.json", "--output", "x.md"), "No such file"),
    ],
)
def test_wrong_usage(
    arguments: tuple[str, ...], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*arguments) == ExitCode.USAGE
    assert complaint in capsys.readouterr().err


def test_a_report_of_a_run(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, page = tmp_path / "run.json", tmp_path / "page.md"
    file.write_text(json.dumps(run.as_json()))
    assert call("report", str(file), "--output", str(page)) == ExitCode.DONE
    assert capsys.readouterr().out.strip() == str(page)
    assert "## Where it loses" in page.read_text()


def test_without_the_extra_the_remedy_is_told() -> None:
    code = (
        "import sys; sys.modules['pyperf'] = None\n"
        "from factory.__main__ import main\n"
        "sys.exit(main(['bench', '/nothing/here']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == ExitCode.MACHINE
    assert "[bench]" in done.stderr


def test_instructions_are_for_quick_runs() -> None:
    assert Suite.INSTRUCTIONS in usual_suites(quick=True)
    assert set(usual_suites(quick=False)) == set(Suite) - {Suite.INSTRUCTIONS}


def test_the_machine_is_told_in_words() -> None:
    found = describe_machine()
    assert found["CPUs"].isdigit()
    assert found["memory"].endswith("GiB")
    assert processor("model name\t: AMD EPYC 1\nmodel name\t: B\n") == "AMD EPYC 1"
    assert processor("nothing").replace("_", "").isalnum()
    assert release("6.18.44-cloud-amd64") == "6.18.44"
