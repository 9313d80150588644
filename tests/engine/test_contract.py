"""What every engine must do, on this machine and in containers alike (engines/base.py)."""

from __future__ import annotations

import contextlib
import io
import os
import re
import socket
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest

from factory.archives import pack_tree
from factory.console import Console
from factory.engines.base import Engine, Session
from factory.engines.docker import LABEL, DockerEngine, remove_leftovers
from factory.engines.docker_daemon import connect
from factory.engines.docker_image import builder_image, image_environment
from factory.engines.host_tools import host_tools
from factory.engines.jobserver import Jobserver
from factory.engines.local import LocalEngine
from factory.errors import MachineError
from factory.model.plan import Action, Command
from factory.toolchains import local_environment
from factory.toolchains.zig import find_zig

pytestmark = pytest.mark.build

EPOCH = 1735689600


@pytest.fixture(scope="session")
def image(daemon: docker.DockerClient, base_image: str) -> str:
    said = io.StringIO()
    tag = builder_image(daemon, "debian", find_zig(), Console(said))
    assert builder_image(daemon, "debian", find_zig(), Console(said)) == tag
    assert said.getvalue().count("making the image") <= 1
    return tag


@pytest.fixture(scope="session")
def over_tcp(daemon_over_tcp: str | None) -> Iterator[docker.DockerClient]:
    if daemon_over_tcp is None:
        pytest.skip("the daemon of this machine was not started by the tests: it has no TCP port")
    with _connected(daemon_over_tcp) as client:
        yield client


@pytest.fixture(scope="session")
def over_ssh(daemon: docker.DockerClient, ssh_place: str) -> Iterator[docker.DockerClient]:
    with _connected(ssh_place) as client:
        yield client


@contextlib.contextmanager
def _connected(place: str) -> Iterator[docker.DockerClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", place)
        client = connect()
    with contextlib.closing(client):
        yield client


# The fixture that has the client of an engine; None: this machine.
ENGINES = {
    "local": None,
    "docker": "daemon",
    "docker as nobody": "daemon",
    "docker over tcp": "over_tcp",
    "docker over ssh": "over_ssh",
}


@pytest.fixture(params=ENGINES)
def engine(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Engine]:
    if request.param == "docker as nobody":
        for name in ("getuid", "getgid"):
            monkeypatch.setattr(os, name, lambda: 65534)
    if fixture := ENGINES[request.param]:
        client: docker.DockerClient = request.getfixturevalue(fixture)
        yield DockerEngine(
            client=client,
            image=request.getfixturevalue("image"),
            environment=image_environment(find_zig()),
            jobs=2,
            memory=1 << 30,
        )
        assert not client.containers.list(all=True, filters={"label": LABEL})
        return
    with contextlib.closing(Jobserver(2)) as jobserver:
        zig = find_zig()
        yield LocalEngine(
            work_root=tmp_path / "work",
            environment=local_environment(zig),
            jobserver=jobserver,
        )
    assert not list((tmp_path / "work").iterdir())


def action(name: str = "zlib-x86_64") -> Action:
    return Action(name=name, commands=(), toolchain="fake 1", epoch=EPOCH)


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with engine.session(action()) as session:
        yield session


def shell(script: str, **parts: str) -> Command:
    return Command(argv=("sh", "-e", "-c", script), cwd=parts.get("cwd", "."))


@pytest.fixture
def log_of(session: Session, tmp_path: Path) -> Callable[..., str]:
    def run(*commands: Command, code: int = 0) -> str:
        path = tmp_path / "log"
        with path.open("wb") as log:
            codes = [session.run(command, log) for command in commands]
        assert codes == [*[0] * (len(commands) - 1), code], path.read_text()
        return path.read_text()

    return run


def test_a_fresh_work_directory(log_of: Callable[..., str]) -> None:
    names = set(log_of(Command(argv=("ls",), cwd=".")).split())
    assert {"build", "src", "sysroot", "tools", "input", "out", "home", "tmp"} <= names


def test_a_clean_environment(log_of: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CFLAGS", "CC", "PYTHONPATH", "LD_LIBRARY_PATH", "MAKEFLAGS", "LANG"):
        monkeypatch.setenv(name, "from the host")
    text = log_of(Command(argv=("env",), env=(("CC", "cc"), ("TZ", "CET"))))
    found = dict(line.split("=", 1) for line in text.splitlines())
    work = found["FACTORY_WORK"]
    expected = {"PATH", "HOME", "TMPDIR", "LC_ALL", "TZ", "SOURCE_DATE_EPOCH", "FACTORY_WORK"}
    expected |= {"MAKEFLAGS", "FACTORY_ZIG", "ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR", "CC"}
    assert found.keys() - {"HOSTNAME", "PWD"} == expected
    assert found["PATH"].startswith(f"{work}/tools:")
    assert "from the host" not in text
    assert (found["CC"], found["TZ"], found["HOME"]) == ("cc", "CET", f"{work}/home")


def test_only_tools_and_listed_programs_are_found(
    session: Session, log_of: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "cc").write_text("#!/bin/sh\necho our cc\n")
    session.put(tmp_path / "cc", "tools/cc", executable=True)
    assert log_of(shell("cc")) == "our cc\n"
    for name in host_tools():
        log_of(shell(f"command -v {name}"))
    for name in ("python3", "gcc", "clang", "ld", "apt-get"):
        assert log_of(shell(f"command -v {name}"), code=127) == ""


def test_the_compiler_is_there(log_of: Callable[..., str]) -> None:
    assert re.match(r"\d+\.\d+", log_of(shell('"$FACTORY_ZIG" version')))


def test_there_is_no_network_in_containers(engine: Engine, log_of: Callable[..., str]) -> None:
    if engine.name == "docker":
        assert log_of(shell("ls /sys/class/net")).split() == ["lo"]


def test_where_a_command_runs(log_of: Callable[..., str]) -> None:
    said = log_of(Command(argv=("pwd",)), Command(argv=("echo", "{work}/src"), cwd="src"))
    build, src = said.splitlines()
    assert build.removesuffix("/build") == src.removesuffix("/src")


def test_output_goes_to_the_log_or_to_a_file(log_of: Callable[..., str]) -> None:
    script = "echo result; echo trouble >&2"
    assert sorted(log_of(shell(script)).split()) == ["result", "trouble"]
    to_file = Command(argv=("sh", "-c", script), stdout="out/result")
    assert log_of(to_file) == "trouble\n"
    assert log_of(Command(argv=("cat", "out/result"), cwd=".")) == "result\n"


def test_a_large_output_arrives_whole(log_of: Callable[..., str]) -> None:
    text = log_of(shell("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done"))
    assert text == "".join(f"line {number}\n" for number in range(20000))


def test_nothing_can_be_asked(log_of: Callable[..., str]) -> None:
    assert log_of(Command(argv=("cat",))) == ""


@pytest.mark.parametrize("code", [0, 1, 2, 77, 255])
def test_exit_codes(log_of: Callable[..., str], code: int) -> None:
    log_of(shell(f"exit {code}"), code=code)


def test_a_program_that_is_not_there_is_a_failed_command(session: Session, tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        assert session.run(Command(argv=("no-such-program", "x")), log) in (126, 127)
    assert "no-such-program" in (tmp_path / "log").read_text()


def test_files_have_the_usual_modes(log_of: Callable[..., str]) -> None:
    said = log_of(shell("mkdir out/d; touch out/f; umask; ls -ld out/d out/f"))
    umask, directory, file = said.splitlines()
    assert umask == "0022"
    assert directory.startswith("drwxr-xr-x")
    assert file.startswith("-rw-r--r--")


def test_put(session: Session, log_of: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("echo content")
    (tmp_path / "file").chmod(0o600)
    session.put(tmp_path / "file", "input/deep/down")
    session.put(tmp_path / "file", "tools/run", executable=True)
    said = log_of(shell("cat input/deep/down; echo; ls -l input/deep/down; sh tools/run"))
    assert said.startswith("echo content\n-rw-r--r--")
    assert said.endswith("content\n")
    log_of(shell("touch input/deep/beside"))  # directories belong to the user who builds


def test_trees_are_merged_wherever_they_go(
    session: Session, log_of: Callable[..., str], tmp_path: Path
) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "lib").mkdir(parents=True)
        (tmp_path / name / "lib" / name).write_text(name)
        (tmp_path / name / "lib" / f"link-{name}").symlink_to(name)
        with (tmp_path / f"{name}.tar").open("wb") as out:
            pack_tree(tmp_path / name, out, epoch=0)
        for place in ("sysroot", "native"):
            session.put_tree(tmp_path / f"{name}.tar", place)
    for place in ("sysroot", "native"):
        assert log_of(Command(argv=("ls", place + "/lib"), cwd=".")).split() == [
            *("link-one", "link-two", "one", "two")
        ]
        assert log_of(shell(f"cat {place}/lib/link-two")) == "two"


def test_a_directory_keeps_its_times_and_modes(
    session: Session, log_of: Callable[..., str], tmp_path: Path
) -> None:
    """make looks at times: a configure older than its sources would be made anew."""
    (tmp_path / "unpacked").mkdir()
    (tmp_path / "unpacked/configure").write_text("#!/bin/sh\n")
    (tmp_path / "unpacked/configure").chmod(0o755)
    (tmp_path / "unpacked/configure.ac").write_text("")
    os.utime(tmp_path / "unpacked/configure.ac", (1, 1))
    session.put_directory(tmp_path / "unpacked", "src")
    log_of(shell("../src/configure; test ../src/configure -nt ../src/configure.ac", cwd="build"))


def test_an_output_is_packed_with_the_actions_epoch(
    session: Session, log_of: Callable[..., str], tmp_path: Path
) -> None:
    log_of(shell("mkdir out/bin; echo 1 > out/bin/x; chmod +x out/bin/x; ln -s x out/bin/link"))
    session.get_tree("out", tmp_path / "out.tar")
    with tarfile.open(tmp_path / "out.tar") as tar:
        found = {one.name: (one.mode, one.mtime, one.uid, one.linkname) for one in tar}
    assert found == {
        "bin": (0o755, EPOCH, 0, ""),
        "bin/link": (0o777, EPOCH, 0, "x"),
        "bin/x": (0o755, EPOCH, 0, ""),
    }


def test_sessions_are_apart(engine: Engine, tmp_path: Path) -> None:
    with (
        engine.session(action("one")) as one,
        engine.session(action("two")) as two,
        (tmp_path / "log").open("wb") as log,
    ):
        assert one.run(shell("touch out/mine"), log) == 0
        assert two.run(shell("test ! -e out/mine"), log) == 0


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_nothing_is_left_after_a_failure(engine: Engine, error: type[BaseException]) -> None:
    def fail() -> None:
        with engine.session(action()):
            raise error

    with pytest.raises(error):
        fail()


def test_an_interrupt_ends_what_runs(engine: Engine, tmp_path: Path) -> None:
    codes: list[int] = []
    started = threading.Event()

    def work() -> None:
        with engine.session(action()) as session, (tmp_path / "log").open("wb") as log:
            started.set()
            codes.append(session.run(shell("sleep 100 & sleep 100; wait"), log))

    thread = threading.Thread(target=work)
    thread.start()
    assert started.wait(60)
    time.sleep(1)
    begun = time.monotonic()
    engine.interrupt()
    thread.join(60)
    assert not thread.is_alive()
    assert time.monotonic() - begun < 20
    assert codes
    assert codes[0] != 0


def test_what_the_daemon_refuses(daemon: docker.DockerClient, image: str) -> None:
    engine = DockerEngine(client=daemon, image=image, environment=(), jobs=1, memory=1)
    said = r"zlib-x86_64: the Docker daemon says: .*memory"
    with pytest.raises(MachineError, match=said), engine.session(action()):
        pass
    assert not daemon.containers.list(all=True, filters={"label": LABEL})


def test_a_full_disk_of_the_container(daemon: docker.DockerClient, image: str) -> None:
    """A failed command, whose log says why; /dev/shm stands for the disk, and holds 64 MB."""
    engine = DockerEngine(client=daemon, image=image, environment=(), jobs=1)
    log = io.BytesIO()
    with engine.session(action()) as session:
        assert session.run(shell("cat /dev/zero > /dev/shm/full"), log) != 0
    assert b"No space left on device" in log.getvalue()


def test_what_a_killed_build_left_is_removed(
    daemon: docker.DockerClient, image: str, tmp_path: Path
) -> None:
    """Containers name their process: those of one that is gone are ours to remove."""
    labels = {LABEL: "zlib-x86_64", f"{LABEL}.machine": socket.gethostname()}
    create = daemon.containers.create
    gone = create(image, ["true"], labels=labels | {f"{LABEL}.process": "999999999"})
    living = create(image, ["true"], labels=labels | {f"{LABEL}.process": "1"})
    try:
        assert remove_leftovers(daemon) == ("zlib-x86_64",)
        left = [one.id for one in daemon.containers.list(all=True, filters={"label": LABEL})]
        assert left == [living.id]
        assert gone.id not in left
    finally:
        living.remove(force=True)
