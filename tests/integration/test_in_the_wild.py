"""What people do with a Python, with the single file and with the tree."""

from __future__ import annotations

import json
import re
import subprocess
import tarfile
import urllib.request
from pathlib import Path

import pytest

from tests.integration.conftest import Distribution, Factory

pytestmark = pytest.mark.build

PROGRAMS = Path(__file__).parents[1] / "programs"


@pytest.fixture(params=["tree", "single"])
def python(request: pytest.FixtureRequest, distribution: Distribution, tmp_path: Path) -> Path:
    if request.param == "single":
        return distribution.single
    with tarfile.open(distribution.install_only) as tar:
        tar.extractall(tmp_path, filter="data")
    return tmp_path / "python/bin/python3"


def run(
    python: Path, *arguments: str | Path, check: int = 0, stdin: str = "", seconds: int = 120
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [python, *arguments],
        cwd=python.parent,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=seconds,
    )
    assert done.returncode == check, f"{arguments}:\n{done.stdout}\n{done.stderr}"
    return done


def program(python: Path, name: str, *options: str, seconds: int = 120) -> str:
    done = run(python, *options, PROGRAMS / f"{name}.py", seconds=seconds)
    assert done.stderr == ""
    return done.stdout


def test_the_tutorial(distribution: Distribution, factory: Factory, tmp_path: Path) -> None:
    """The examples of the documentation of the very release."""
    fetched = json.loads(factory.run("fetch", "--python", distribution.minor, "--json").stdout)
    (source,) = (row["path"] for row in fetched if row["source"].startswith("cpython"))
    pages = ("introduction", "controlflow", "datastructures", "floatingpoint", "stdlib2")
    with tarfile.open(source) as tar:
        for member in tar:
            if member.name.partition("/")[2] in {f"Doc/tutorial/{page}.rst" for page in pages}:
                member.name = Path(member.name).name
                tar.extract(member, tmp_path, filter="data")
    files = [tmp_path / f"{page}.rst" for page in pages]
    done = run(distribution.single, PROGRAMS / "tutorial.py", *files)
    (number,) = re.findall(r"(\d+) examples", done.stdout)
    assert int(number) > 350


def test_http_server(python: Path) -> None:
    command = [str(python), "-u", "-m", "http.server", "--bind", "127.0.0.1", "0"]
    with subprocess.Popen(
        command, cwd=PROGRAMS, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            assert server.stdout is not None
            (address,) = re.findall(r"http://[\d.]+:\d+/", server.stdout.readline())
            with urllib.request.urlopen(f"{address}tutorial.py", timeout=30) as answer:
                assert answer.read() == (PROGRAMS / "tutorial.py").read_bytes()
        finally:
            server.terminate()


def test_zipapp(python: Path, tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (app / "greet.py").write_text("def main():\n    print('hello', __file__)\n")
    archive = tmp_path / "app.pyz"
    run(python, "-m", "zipapp", app, "-o", archive, "-m", "greet:main", "-p", str(python), "-c")
    assert run(python, archive).stdout == f"hello {archive}/greet.py\n"
    started = subprocess.run([archive], capture_output=True, text=True, timeout=60)
    assert started.stdout == f"hello {archive}/greet.py\n"


def test_sqlite3_shell(python: Path, tmp_path: Path) -> None:
    said = run(python, "-m", "sqlite3", tmp_path / "a.db", "select sqrt(16.0), 'x' like 'X'").stdout
    assert said == "(4.0, 1)\n"


def test_profilers(python: Path) -> None:
    statement = "import json; [json.dumps({'a': [1, 2]}) for _ in range(100)]"
    profile = run(python, "-m", "cProfile", "-s", "ncalls", "/dev/stdin", stdin=statement).stdout
    assert re.search(r"^ +100 .* __init__\.py:\d+\(dumps\)$", profile, re.MULTILINE), profile
    trace = (
        "import tracemalloc, json; before = tracemalloc.take_snapshot()\n"
        "kept = [json.loads('{\"a\": [1, 2, 3]}') for _ in range(1000)]\n"
        "top = tracemalloc.take_snapshot().compare_to(before, 'lineno')[0]\n"
        "print(top.size_diff > 100_000, top.traceback[0].filename.endswith('/json/decoder.py'))\n"
        "print(len(top.traceback.format()) == 2)"
    )
    assert run(python, "-X", "tracemalloc=3", "-c", trace).stdout == "True True\nTrue\n"


def test_debug_mode_of_asyncio(python: Path) -> None:
    done = run(python, "-X", "dev", PROGRAMS / "slow_callback.py")
    assert re.search(r"^WARNING Executing <Task .* took 0\.[2-9]", done.stderr, re.MULTILINE)
    assert "coroutine 'never' was never awaited" in done.stderr


def test_every_start_method(python: Path) -> None:
    assert set(program(python, "start_methods").split()) == {"fork", "spawn", "forkserver"}


def test_interpreters_in_one_process(python: Path, distribution: Distribution) -> None:
    if distribution.minor == "3.13":
        done = run(python, PROGRAMS / "sub_interpreters.py", check=1)
        assert "ModuleNotFoundError" in done.stderr or "ImportError" in done.stderr
        return
    assert program(python, "sub_interpreters") == "1\n"


def test_a_storm_of_processes(python: Path) -> None:
    assert program(python, "process_storm") == "300\n"


def test_ten_thousand_threads(python: Path) -> None:
    assert program(python, "threads_in_turn") == "ok\n"


def test_deep_recursion(python: Path) -> None:
    assert program(python, "deep_recursion").startswith("100000 repr getattr add nested")


def test_memory_is_given_back(python: Path) -> None:
    """150 MiB each time, of which little may stay."""
    rows = [line.split() for line in program(python, "memory").splitlines()]
    kept = {name: int(mebibytes) for name, mebibytes, *_ in rows}
    assert kept.keys() == {"objects", "blocks", "in_threads", "zeros"}
    assert max(kept.values()) < 60, kept


def test_formatted_times(python: Path) -> None:
    """musl's strftime is patched; here the interpreter formats the same numbers by itself."""
    statement = """
import datetime, time
for year in (1, 9, 99, 999, 1000, 1969, 2024, 9999):
    for day in (1, 60, 365):
        moment = datetime.datetime(year, 1, 1, 3, 4, 5) + datetime.timedelta(days=day - 1)
        fields = moment.timetuple()
        found = time.strftime(
            "%Y|%m|%d|%H|%I|%M|%S|%j|%y|%C|%e|%u|%w|%F|%T|%D|%G|%V|%6Y|%12F|%%", fields
        )
        iso, hour = moment.isocalendar(), fields.tm_hour % 12 or 12
        f = fields
        assert found == "|".join((
            *(f"{f.tm_year:04d}", f"{f.tm_mon:02d}", f"{f.tm_mday:02d}", f"{f.tm_hour:02d}"),
            *(f"{hour:02d}", f"{f.tm_min:02d}", f"{f.tm_sec:02d}", f"{f.tm_yday:03d}"),
            *(f"{f.tm_year % 100:02d}", f"{f.tm_year // 100:02d}", f"{f.tm_mday:2d}"),
            *(str(moment.isoweekday()), str(moment.isoweekday() % 7)),
            *(moment.date().isoformat(), moment.time().isoformat()),
            *(f"{f.tm_mon:02d}/{f.tm_mday:02d}/{f.tm_year % 100:02d}", f"{iso[0]:04d}"),
            *(f"{iso[1]:02d}", f"{f.tm_year:06d}", moment.date().isoformat().zfill(12), "%"),
        )), (moment, found)
print("same")
"""
    assert run(python, "-I", "-c", statement).stdout == "same\n"
