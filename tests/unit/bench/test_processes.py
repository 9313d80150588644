from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from factory.bench.processes import PROBES, ProcessError, Spawner, Used
from factory.errors import MachineError


@pytest.fixture
def spawner() -> Iterator[Spawner]:
    with Spawner((sys.executable, "-I", "-S", str(PROBES / "spawner.py"))) as one:
        yield one


def python(spawner: Spawner, code: str, *, stdin: str = "", seconds: float = 60) -> Used:
    argv = (sys.executable, "-I", "-S", "-c", code)
    return spawner.run(argv, cwd="/", environment={"WORD": "x"}, stdin=stdin, seconds=seconds)


def test_cpu_time_is_that_of_the_process_and_its_children(spawner: Spawner) -> None:
    idle = python(spawner, "import time; time.sleep(0.5)")
    assert idle.wall >= 0.5
    assert idle.cpu < 0.4
    burn = "import time\nwhile time.process_time() < 0.5: pass"
    assert python(spawner, burn).cpu >= 0.5
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', {burn!r}])"
    assert python(spawner, child).cpu >= 0.5


def test_output_exit_code_input_and_environment(spawner: Spawner) -> None:
    code = "import os, sys; print(sys.stdin.read() + os.environ['WORD']); sys.exit(sys.argv and 3)"
    used = python(spawner, code, stdin="größe ")
    assert (used.code, used.out, used.err) == (3, "größe x\n", "")
    with pytest.raises(ProcessError, match="it: exit code 3: größe x"):
        used.expect("it")


def test_what_cannot_be_started_is_told(spawner: Spawner) -> None:
    used = spawner.run(("/nothing/here",), cwd="/", environment={})
    assert used.code != 0
    assert "No such file" in used.err
    assert python(spawner, "print(1)").out == "1\n"


def test_time_is_up_for_children_too(spawner: Spawner, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = (
        "import subprocess, sys, pathlib\n"
        "child = subprocess.Popen(['sleep', '300'])\n"
        f"pathlib.Path({str(note)!r}).write_text(str(child.pid))\n"
        "child.wait()"
    )
    used = python(spawner, code, seconds=2)
    assert used.code == -signal.SIGKILL
    assert "no end after 2 s" in used.err
    assert gone(int(note.read_text()))


def test_closing_ends_what_runs(tmp_path: Path) -> None:
    """What Ctrl-C comes to: the spawner is told, and takes the program with it."""
    spawner = Spawner((sys.executable, "-I", "-S", str(PROBES / "spawner.py")))
    note = tmp_path / "pid"
    code = f"import os, pathlib, time; pathlib.Path({str(note)!r}).write_text(str(os.getpid()))"
    signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 2)
    try:
        with pytest.raises(InterruptedError), spawner:
            python(spawner, f"{code}; time.sleep(300)")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    assert gone(int(note.read_text()))


def test_a_spawner_that_dies_says_why() -> None:
    with (
        Spawner((sys.executable, "-c", "import sys; sys.exit('no chroot here')")) as broken,
        pytest.raises(MachineError, match="no chroot here"),
    ):
        python(broken, "pass")
    with pytest.raises(MachineError, match="cannot be started"):
        Spawner(("/nothing/here",))


def interrupt(number: int, frame: object) -> None:
    raise InterruptedError


def gone(process: int) -> bool:
    """Whether a process ends within a few seconds; one that nobody waited for counts as ended."""
    for _ in range(100):
        try:
            os.kill(process, 0)
            if Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.05)
    return False
