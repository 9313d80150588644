from __future__ import annotations

import os
import re
import signal
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from factory.archives import pack_tree
from factory.engines import local
from factory.engines.host_tools import host_tools
from factory.engines.jobserver import Jobserver
from factory.engines.local import LocalEngine, LocalSession
from factory.model.plan import Action, Command

PATIENCE = 30  # seconds that only a broken engine takes


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[LocalEngine]:
    jobserver = Jobserver(2)
    yield LocalEngine(
        work_root=tmp_path / "work", environment=(("FAKE_HOME", "/fake"),), jobserver=jobserver
    )
    jobserver.close()


@pytest.fixture
def session(engine: LocalEngine, action: Callable[..., Action]) -> Iterator[LocalSession]:
    with engine.session(action(env=(("FAKE_TRIPLE", "x86_64-linux-musl"),))) as session:
        yield session


def shell(script: str, **parts: str) -> Command:
    return Command(argv=("sh", "-e", "-c", script), cwd=parts.get("cwd", "."))


def log_of(session: LocalSession, *commands: Command, code: int = 0) -> str:
    """Run commands, expect the last one's exit code, return what they said."""
    path = session.work / "log"
    with path.open("wb") as log:
        codes = [session.run(command, log) for command in commands]
    assert codes == [*[0] * (len(commands) - 1), code], path.read_text()
    return path.read_text()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_gone(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"  # ended; whose child it has become has not looked yet


def test_a_fresh_work_directory(session: LocalSession, engine: LocalEngine) -> None:
    assert session.work.parent == engine.work_root
    assert re.fullmatch(rf"zlib-x86_64-\w+\.{os.getpid()}", session.work.name)
    names = {path.name for path in session.work.iterdir()}
    assert names == {"build", "src", "sysroot", "tools", "input", "out", "home", "tmp", "host"}


def test_nothing_of_the_hosts_environment_comes_in(
    session: LocalSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        *("CFLAGS", "CPPFLAGS", "LDFLAGS", "CC", "PYTHONPATH", "PYTHONHOME", "PKG_CONFIG_PATH"),
        *("LD_LIBRARY_PATH", "CPATH", "MAKEFLAGS", "LANG", "LC_MESSAGES", "CONFIG_SITE"),
    ):
        monkeypatch.setenv(name, "from the host")
    command = Command(argv=("env",), env=(("CC", "cc"),), stdout="build/environment")
    log_of(session, command)
    text = (session.work / "build/environment").read_text()
    found = dict(line.split("=", 1) for line in text.splitlines())
    work = str(session.work)
    assert found == {
        "PATH": f"{work}/tools:{work}/host",
        "HOME": f"{work}/home",
        "TMPDIR": f"{work}/tmp",
        "LC_ALL": "C",
        "TZ": "UTC",
        "SOURCE_DATE_EPOCH": "1735689600",
        "FACTORY_WORK": work,
        "MAKEFLAGS": session.engine.jobserver.makeflags,
        "FAKE_HOME": "/fake",
        "FAKE_TRIPLE": "x86_64-linux-musl",
        "CC": "cc",
    }


def test_the_commands_own_environment_wins(session: LocalSession) -> None:
    command = Command(argv=("env",), env=(("TZ", "CET"), ("FAKE_TRIPLE", "other")))
    lines = log_of(session, command).splitlines()
    assert {"TZ=CET", "FAKE_TRIPLE=other"} <= set(lines)


def test_only_tools_and_listed_programs_are_found(session: LocalSession) -> None:
    (session.work / "tools/cc").write_text("#!/bin/sh\necho our cc\n")
    (session.work / "tools/cc").chmod(0o755)
    assert log_of(session, shell("cc")) == "our cc\n"
    found = {path.name for path in (session.work / "host").iterdir()}
    assert found <= set(host_tools())
    for name in ("python3", "gcc", "ld", "pkg-config"):
        assert log_of(session, shell(f"command -v {name}"), code=127) == ""


def test_our_tools_come_before_the_hosts(session: LocalSession) -> None:
    (session.work / "tools/sed").write_text("#!/bin/sh\necho our sed\n")
    (session.work / "tools/sed").chmod(0o755)
    assert log_of(session, Command(argv=("sed", "p"))) == "our sed\n"


def test_the_work_directory_is_put_into_arguments(session: LocalSession) -> None:
    command = Command(argv=("echo", "a={work}/out:{work}", "{other}"), cwd=".")
    assert log_of(session, command) == f"a={session.work}/out:{session.work} {{other}}\n"


def test_where_a_command_runs(session: LocalSession) -> None:
    said = log_of(session, Command(argv=("pwd",)), Command(argv=("pwd",), cwd="src"))
    assert said == f"{session.work}/build\n{session.work}/src\n"


def test_output_goes_to_the_log_or_to_a_file(session: LocalSession) -> None:
    script = "echo result; echo trouble >&2"
    assert log_of(session, shell(script)) == "result\ntrouble\n"
    to_file = Command(argv=("sh", "-c", script), stdout="out/result")
    assert log_of(session, to_file) == "trouble\n"
    assert (session.work / "out/result").read_text() == "result\n"


def test_nothing_can_be_asked(session: LocalSession) -> None:
    read, write = os.pipe()
    os.write(write, b"an answer")
    os.close(write)
    before = os.dup(0)
    os.dup2(read, 0)
    try:
        assert log_of(session, Command(argv=("cat",))) == ""
    finally:
        os.dup2(before, 0)
        os.close(before)
        os.close(read)


@pytest.mark.parametrize("code", [0, 1, 2, 77, 255])
def test_exit_codes(session: LocalSession, code: int) -> None:
    log_of(session, shell(f"exit {code}"), code=code)


def test_a_death_by_signal_is_negative(session: LocalSession) -> None:
    log_of(session, shell("kill -9 $$"), code=-signal.SIGKILL)


def test_a_program_that_is_not_there_is_a_failed_command(session: LocalSession) -> None:
    said = log_of(session, Command(argv=("no-such-program", "x")), code=127)
    assert said == "no-such-program: No such file or directory\n"


def test_a_program_of_another_machine_is_a_failed_command(session: LocalSession) -> None:
    (session.work / "tools/python3.13").write_bytes(b"\x7fELF of another machine")
    (session.work / "tools/python3.13").chmod(0o755)
    said = log_of(session, Command(argv=("../tools/python3.13",)), code=127)
    assert said == "../tools/python3.13: Exec format error\n"


def test_files_have_the_usual_modes_whatever_the_callers_umask(session: LocalSession) -> None:
    before = os.umask(0o077)
    try:
        log_of(session, shell("mkdir out/d; touch out/f; umask"))
    finally:
        os.umask(before)
    assert (session.work / "out/d").stat().st_mode & 0o777 == 0o755
    assert (session.work / "out/f").stat().st_mode & 0o777 == 0o644


def test_put(session: LocalSession, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content")
    (tmp_path / "file").chmod(0o600)
    session.put(tmp_path / "file", "input/deep/down")
    session.put(tmp_path / "file", "tools/run", executable=True)
    assert (session.work / "input/deep/down").read_text() == "content"
    assert (session.work / "input/deep/down").stat().st_mode & 0o777 == 0o644
    assert (session.work / "tools/run").stat().st_mode & 0o777 == 0o755


def test_trees_are_merged(session: LocalSession, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "lib").mkdir(parents=True)
        (tmp_path / name / "lib" / name).write_text(name)
        with (tmp_path / f"{name}.tar").open("wb") as out:
            pack_tree(tmp_path / name, out, epoch=0)
        session.put_tree(tmp_path / f"{name}.tar", "sysroot")
    assert {path.name for path in (session.work / "sysroot/lib").iterdir()} == {"one", "two"}


def test_a_tree_may_lie_where_nothing_was(session: LocalSession, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/python").symlink_to("python3.13")
    with (tmp_path / "tree.tar").open("wb") as out:
        pack_tree(tmp_path / "tree", out, epoch=0)
    session.put_tree(tmp_path / "tree.tar", "native")
    assert (session.work / "native/python").readlink() == Path("python3.13")


def test_a_directory_takes_the_place_of_the_empty_one(
    session: LocalSession, tmp_path: Path
) -> None:
    (tmp_path / "unpacked").mkdir()
    (tmp_path / "unpacked/configure").write_text("#!/bin/sh\n")
    (tmp_path / "unpacked/configure").chmod(0o755)
    session.put_directory(tmp_path / "unpacked", "src")
    assert [path.name for path in (session.work / "src").iterdir()] == ["configure"]
    log_of(session, Command(argv=("../src/configure",)))


def test_an_output_is_packed_with_the_actions_epoch(session: LocalSession, tmp_path: Path) -> None:
    log_of(session, shell("mkdir out/bin; echo 1 > out/bin/x; chmod +x out/bin/x; touch build/y"))
    session.get_tree("out", tmp_path / "out.tar")
    with tarfile.open(tmp_path / "out.tar") as tar:
        found = {member.name: (member.mode, member.mtime) for member in tar}
    assert found == {"bin": (0o755, 1735689600), "bin/x": (0o755, 1735689600)}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_the_work_directory_goes_after_a_failure(
    engine: LocalEngine, action: Callable[..., Action], error: type[BaseException]
) -> None:
    def fail() -> None:
        with engine.session(action()) as session:
            (session.work / "build/big").write_text("x")
            raise error

    with pytest.raises(error):
        fail()
    assert list(engine.work_root.iterdir()) == []


def test_the_work_directory_goes_after_success(
    engine: LocalEngine, action: Callable[..., Action]
) -> None:
    with engine.session(action()), engine.session(action()):
        assert len(list(engine.work_root.iterdir())) == 2
    assert list(engine.work_root.iterdir()) == []


def test_an_interrupt_ends_children_and_their_children(
    session: LocalSession, engine: LocalEngine
) -> None:
    codes: list[int] = []
    pids = session.work / "pids"
    script = "sleep 60 & echo $! > ../pids.new; mv ../pids.new ../pids; wait"

    with (session.work / "log").open("wb") as log:
        thread = threading.Thread(
            target=lambda: codes.append(session.run(shell(script, cwd="build"), log)), daemon=True
        )
        thread.start()
        wait_for(pids.exists)
        grandchild = int(pids.read_text())
        assert not is_gone(grandchild)
        engine.interrupt()
        thread.join(PATIENCE)
    assert not thread.is_alive()
    assert codes == [-signal.SIGTERM]
    wait_for(lambda: is_gone(grandchild))


def test_who_does_not_listen_is_killed(
    session: LocalSession, engine: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "_STOP_SECONDS", 0.1)
    codes: list[int] = []
    started = session.work / "started"
    script = "trap '' TERM; sleep 60 & echo $! > new; mv new started; while :; do wait; done"
    with (session.work / "log").open("wb") as log:
        thread = threading.Thread(
            target=lambda: codes.append(session.run(shell(script), log)), daemon=True
        )
        thread.start()
        wait_for(started.exists)
        engine.interrupt()
        thread.join(PATIENCE)
    assert codes == [-signal.SIGKILL]
    wait_for(lambda: is_gone(int(started.read_text())))


def test_after_an_interrupt_nothing_starts(session: LocalSession, engine: LocalEngine) -> None:
    engine.interrupt()
    log_of(session, shell("touch out/ran"), code=-signal.SIGTERM)
    assert not (session.work / "out/ran").exists()


MAKEFILE = """\
all: one two
one two:
\ttouch $@.started
\ti=0; until [ -e one.started ] && [ -e two.started ]; do \\
\t  i=$$((i + 1)); [ $$i -lt 300 ] || exit 1; sleep 0.1; done
"""


def test_make_shares_our_jobs(session: LocalSession, engine: LocalEngine) -> None:
    """The two rules wait for each other: only with the second token can they run at once."""
    (session.work / "build/Makefile").write_text(MAKEFILE)
    with engine.jobserver.token():
        said = log_of(session, Command(argv=("make",)))
    assert "jobserver" not in said
