from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from factory.model.arch import Arch
from factory.verify import interpreter as module
from factory.verify.interpreter import Interpreter, RunError, find_emulator, kernel_runs, run


@pytest.fixture
def host(tmp_path: Path) -> Interpreter:
    return Interpreter(executable=sys.executable, scratch=tmp_path)


def program(folder: Path, text: str) -> Interpreter:
    path = folder / "program"
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return Interpreter(executable=str(path), scratch=folder)


def test_environment_is_clean(host: Interpreter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    outcome = host.run("-c", "import os; print(sorted(os.environ))")

    names = outcome.expect("environment")
    assert "PYTHONHOME" not in names
    assert "PATH" in names


def test_standard_input_is_empty(host: Interpreter) -> None:
    assert host.run("-c", "print(repr(input()))").ending.endswith(
        "EOFError: EOF when reading a line"
    )


def test_exit_code(tmp_path: Path) -> None:
    outcome = program(tmp_path, "echo why >&2; exit 3").run()

    assert outcome.ending == "exit code 3: why"
    with pytest.raises(RunError, match="trial: exit code 3: why"):
        outcome.expect("trial")


def test_signal(tmp_path: Path) -> None:
    assert program(tmp_path, "kill -SEGV $$").run().ending == "killed by SIGSEGV"


def test_time_limit_ends_children_too(tmp_path: Path) -> None:
    started = time.monotonic()
    outcome = program(tmp_path, "sleep 30 & sleep 30").run(seconds=0.2)

    assert outcome.returncode is None
    assert outcome.ending == "no end after 0 s"
    assert time.monotonic() - started < 10


def test_cannot_be_started(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="No such file"):
        run((str(tmp_path / "missing"),), cwd=tmp_path, seconds=1)
    assert not kernel_runs(tmp_path / "missing", tmp_path)


def test_prefix_stands_first(tmp_path: Path) -> None:
    echo = Interpreter(executable="python", scratch=tmp_path, prefix=("/bin/echo", "emulator"))

    assert echo.run("-V").stdout == "emulator python -B -V\n"


def test_probe_answers(host: Interpreter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    probes = tmp_path / "probes"
    probes.mkdir()
    (probes / "epilogue.py").write_bytes((module.PROBES / "epilogue.py").read_bytes())
    (probes / "trial.py").write_text(
        "import sys\n"
        "def probe_good():\n"
        "    print('noise', end='')\n"
        "    return sys.argv[1]\n"
        "def probe_bad():\n"
        "    raise ValueError('not good')\n"
        "def probe_exit():\n"
        "    sys.exit('gone')\n"
    )
    monkeypatch.setattr(module, "PROBES", probes)

    answers = host.ask("trial", "evidence")
    assert [(a.question, a.passed) for a in answers] == [
        ("good", True),
        ("bad", False),
        ("exit", False),
    ]
    assert answers[0].detail == "evidence"
    assert answers[1].detail.startswith("ValueError: not good (<stdin>:")


@pytest.mark.parametrize("said", ["", "rubbish", "{}", "[]", "[1]"])
def test_probe_without_answer(tmp_path: Path, said: str) -> None:
    with pytest.raises(RunError, match="probe identity"):
        program(tmp_path, f"cat >/dev/null; echo '{said}'").ask("identity")


def test_no_emulator_for_the_own_architecture() -> None:
    assert find_emulator(Arch.parse(os.uname().machine)) == ()


def test_emulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    foreign = next(arch for arch in Arch if arch is not Arch.parse(os.uname().machine))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_emulator(foreign) is None

    qemu = tmp_path / f"{foreign.value.qemu}-static"
    qemu.touch(mode=0o755)
    assert find_emulator(foreign) == (str(qemu),)
