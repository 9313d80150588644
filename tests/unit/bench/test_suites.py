"""The suites on real processes of the Python that runs the tests, as short as they can be."""

from __future__ import annotations

import dataclasses
import io
import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyperf
import pytest

from factory.bench.contenders import Opened
from factory.bench.facts import Micro, Snippet, load_bench
from factory.bench.micro import measure_micro
from factory.bench.processes import ProcessError
from factory.bench.programs import Program, choose, known_programs, lay_out
from factory.bench.ratios import middle
from factory.bench.run import Suite
from factory.bench.starts import measure_memory, measure_size, measure_starts
from factory.bench.turns import in_turn
from factory.bench.workers import VALUES, measure_programs
from factory.console import Console
from factory.errors import MachineError, UsageError

Contenders = tuple[Opened, ...]


def test_turns_go_to_and_fro(opened: Contenders) -> None:
    first, second = opened
    assert list(in_turn(opened, 3)) == [
        *((0, first), (0, second)),
        *((1, second), (1, first)),
        *((2, first), (2, second)),
    ]


def test_starts_are_told_by_both_clocks(opened: Contenders, console: Console) -> None:
    burn = "import time\nwhile time.process_time() < 0.1: pass\ntime.sleep(0.1)"
    snippet = Snippet(name="burn", options=("-I",), code=burn)
    cpu, wall = measure_starts(Suite.STARTUP, (snippet,), opened, 2, console)
    assert (cpu.name, wall.name) == ("burn (CPU)", "burn (wall)")
    for one in opened:
        assert [len(values) for values in cpu.samples[one.name]] == [1, 1]
        assert middle(cpu.samples[one.name]) >= 0.1
        assert middle(wall.samples[one.name]) >= 0.2


def test_memory_is_that_of_the_process(opened: Contenders, console: Console) -> None:
    small = Snippet(name="small", options=("-I",), code="pass")
    large = Snippet(name="large", options=("-I",), code="kept = b'x' * 50_000_000")
    rows = {row.name: row for row in measure_memory((small, large), opened[:1], 1, console)}
    size = {name: middle(row.samples[opened[0].name]) for name, row in rows.items()}
    for what in ("resident", "of it anonymous"):
        assert size[f"large ({what})"] - size[f"small ({what})"] == pytest.approx(50e6, rel=0.05)
    assert 0 < size["small (of it anonymous)"] < size["small (resident)"] < 100e6


def test_code_that_fails_is_an_error(opened: Contenders, console: Console) -> None:
    bad = Snippet(name="bad", options=("-I",), code="import nothing_of_that_name")
    with pytest.raises(ProcessError, match="nothing_of_that_name"):
        list(measure_starts(Suite.IMPORTS, (bad,), opened, 1, console))
    with pytest.raises(ProcessError, match="nothing_of_that_name"):
        list(measure_memory((bad,), opened, 1, console))


def test_sizes_are_those_on_disk(opened: Contenders) -> None:
    alone, together = measure_size(opened[:1])
    size = Path(sys.executable).resolve().stat().st_size
    name = opened[0].name
    assert alone.samples == {name: ((float(size),),)}
    assert together.samples[name][0][0] > size + 1e6


def test_micro_rows_take_cpu_time(
    opened: Contenders, console: Console, stderr: io.StringIO
) -> None:
    statements = (
        Micro(name="quick", group="a", setup="x = 1", code="x + 1"),
        Micro(name="slow", group="a", setup="x = list(range(2000))", code="sorted(x)"),
        Micro(name="wrong", group="b", setup="", code="1 / 0"),
    )
    rows = {row.name: row for row in measure_micro(statements, opened, 2, console)}
    name = opened[1].name
    assert [len(values) for values in rows["quick"].samples[name]] == [3, 3]
    assert 0 < middle(rows["quick"].samples[name]) < middle(rows["slow"].samples[name]) < 0.01
    assert rows["wrong"].samples[name] == ()
    assert "wrong: ZeroDivisionError" in stderr.getvalue()


def test_every_micro_row_runs(opened: Contenders) -> None:
    wanted = [[one.name, one.setup, one.code, 1] for one in load_bench().micro]
    used = opened[0].run("-s", opened[0].probe("micro"), stdin=json.dumps(wanted))
    rows = json.loads(used.expect("micro rows").out)
    assert [name for name, *_ in rows] == [name for name, *_ in wanted]
    assert [(name, error) for name, _, seconds, error in rows if error or not seconds] == []


def program(name: str) -> Program:
    return dataclasses.replace(known_programs()[name], arguments=())


def test_programs_run_with_pyperfs_values(
    opened: Contenders, workspace: Path, tmp_path: Path, console: Console, stderr: io.StringIO
) -> None:
    chosen = (program("nqueens"), known_programs()["pickle_list"])
    files = lay_out(chosen, workspace, tmp_path / "cache", console)
    found = measure_programs(chosen, files, opened, 2, workspace, console, quick=True)
    assert "warning" not in stderr.getvalue()
    assert [row.name for row in found.rows] == ["nqueens", "pickle_list"]
    for one in opened:
        for row in found.rows:
            assert [len(values) for values in row.samples[one.name]] == [VALUES, VALUES]
        first = found.benchmarks[one.name][0]
        assert isinstance(first, pyperf.Benchmark)
        assert (first.get_name(), first.get_nrun()) == ("nqueens", 2)
        assert first.median() == pytest.approx(middle(found.rows[0].samples[one.name]))


def test_a_program_of_several_benchmarks_gives_a_row_for_each(
    opened: Contenders, workspace: Path, tmp_path: Path, console: Console
) -> None:
    folder = workspace / "programs" / "bm_two"
    folder.mkdir(parents=True)
    (folder / "run_benchmark.py").write_text(
        "import time, pyperf\n"
        "def sleep(loops):\n"
        "    start = time.perf_counter()\n"
        "    time.sleep(0.05)\n"
        "    sum(range(30000 * loops))\n"
        "    return time.perf_counter() - start\n"
        "runner = pyperf.Runner()\n"
        "runner.bench_func('one', sum, range(1000))\n"
        "runner.bench_time_func('two', sleep)\n"
    )
    two = dataclasses.replace(program("nqueens"), name="two", script="bm_two/run_benchmark.py")
    files = lay_out((), workspace, tmp_path / "cache", console)
    found = measure_programs((two,), files, opened[:1], 1, workspace, console, quick=True)
    assert [(row.program, row.name) for row in found.rows] == [("two", "one"), ("two", "two")]
    # By the wall clock, each loop would be a part of 50 ms of sleep.
    (values,) = found.rows[1].samples[opened[0].name]
    assert max(values) < 0.01


def test_a_peer_on_which_a_program_fails_costs_the_row_only(
    opened: Contenders,
    workspace: Path,
    tmp_path: Path,
    console: Console,
    stderr: io.StringIO,
    executable: Callable[..., Path],
) -> None:
    broken = executable('case "$*" in *nqueens*) echo no memory >&2; exit 1;; esac\n'
                        f'exec {sys.executable} "$@"')  # fmt: skip
    contenders = (opened[0], dataclasses.replace(opened[1], python=str(broken)))
    chosen = (program("nqueens"), program("nbody"))
    files = lay_out(chosen, workspace, tmp_path / "cache", console)
    found = measure_programs(chosen, files, contenders, 1, workspace, console, quick=True)
    assert [row.name for row in found.rows] == ["nbody"]
    assert "nqueens is left out" in stderr.getvalue()
    assert "no memory" in stderr.getvalue()


def test_choosing_programs() -> None:
    facts = load_bench()

    def names(**how: object) -> list[str]:
        given = {"named": (), "full": False, "quick": False} | how
        return [one.name for one in choose(facts, **given)]  # type: ignore[arg-type]

    assert names() == list(facts.programs)
    assert names(quick=True) == list(facts.quick_programs)
    assert names(named=("2to3", "nbody", "nbody")) == ["2to3", "nbody"]
    assert set(names(full=True)) == known_programs().keys() - facts.left_out.keys()
    with pytest.raises(UsageError, match="no program 'nbodi'") as caught:
        names(named=("nbodi",))
    assert "nbody" in str(caught.value.hint)
    with pytest.raises(UsageError, match="--full"):
        names(full=True, quick=True)


def test_requirements_are_fetched_once(
    workspace: Path, tmp_path: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    _wheel(wheels)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    wants = dataclasses.replace(program("nbody"), requirements=("tiny==1.0",))
    lay_out((wants,), workspace, tmp_path / "cache", console)
    assert (workspace / "site" / "tiny.py").read_text() == "x = 1\n"
    (wheels / "tiny-1.0-py3-none-any.whl").unlink()
    again = tmp_path / "again"
    lay_out((wants,), again, tmp_path / "cache", console)
    assert (again / "site" / "tiny.py").is_file()
    other = dataclasses.replace(wants, requirements=("absent==1.0",))
    with pytest.raises(MachineError, match=r"absent==1\.0"):
        lay_out((other,), tmp_path / "third", tmp_path / "cache", console)
    assert len(list((tmp_path / "cache" / "bench").iterdir())) == 1


def _wheel(folder: Path) -> None:
    with zipfile.ZipFile(folder / "tiny-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny.py", "x = 1\n")
        wheel.writestr(
            "tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n"
        )
        wheel.writestr(
            "tiny-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr("tiny-1.0.dist-info/RECORD", "")
