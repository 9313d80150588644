"""The REPL edits lines on common terminals, on a host that has no terminal database."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from factory.verify.empty_root import way_in
from tests.integration.conftest import Distribution

pytestmark = pytest.mark.build

TERMINALS = (
    *("xterm", "xterm-256color", "tmux", "screen", "linux", "vt100", "rxvt"),
    *("alacritty", "xterm-kitty", "foot", "dumb"),
)
PROMPT, BACKSPACE, PREVIOUS, END = b">>>", b"\x7f", b"\x10", b"\x04"
SECONDS = 60


class Screen:
    """A pseudo-terminal and the program on it."""

    def __init__(self, command: tuple[str, ...], environment: dict[str, str]) -> None:
        self._seen = b""
        self._keyboard, other = pty.openpty()
        self.process = subprocess.Popen(
            command,
            stdin=other,
            stdout=other,
            stderr=other,
            env=environment,
            start_new_session=True,
        )
        os.close(other)

    def press(self, keys: bytes) -> None:
        os.write(self._keyboard, keys)

    def shows(self, wanted: bytes) -> bytes:
        """Wait until something is shown and return what came before it; the rest is kept."""
        end = time.monotonic() + SECONDS
        while wanted not in self._seen and time.monotonic() < end:
            if select.select([self._keyboard], [], [], 0.1)[0]:
                try:
                    self._seen += os.read(self._keyboard, 1 << 16)
                except OSError:
                    break  # the program has closed the terminal
        before, found, self._seen = self._seen.partition(wanted)
        assert found, before
        return before

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._keyboard)


@contextlib.contextmanager
def repl(command: tuple[str, ...], terminal: str, **environment: str) -> Iterator[Screen]:
    screen = Screen(command, {"TERM": terminal, "HOME": "/tmp", **environment})
    try:
        yield screen
    finally:
        screen.close()


@pytest.fixture
def command(distribution: Distribution, tmp_path: Path) -> tuple[str, ...]:
    """Start the executable as the only file of a root directory."""
    root = tmp_path / "root"
    for name in ("opt", "tmp"):
        (root / name).mkdir(parents=True)
    shutil.copy2(distribution.single, root / "opt" / "python")
    return (*way_in(root), "/opt/python", "-q")


@pytest.mark.parametrize("basic", ["", "1"], ids=["new", "readline"])
def test_lines_are_edited(command: tuple[str, ...], basic: str) -> None:
    for terminal in TERMINALS:
        with repl(command, terminal, PYTHON_BASIC_REPL=basic) as screen:
            screen.shows(PROMPT)
            screen.press(b"print(6 * 78" + BACKSPACE + b")\r")
            screen.shows(b"42\r\n")
            screen.shows(PROMPT)
            screen.press(PREVIOUS + b"\r")
            screen.shows(b"42\r\n")
            screen.shows(PROMPT)
            screen.press(END)
            assert screen.process.wait(SECONDS) == 0, terminal


def test_what_was_typed_is_remembered(command: tuple[str, ...], tmp_path: Path) -> None:
    with repl(command, "xterm", PYTHON_BASIC_REPL="1") as screen:
        screen.shows(PROMPT)
        screen.press(b"print('remember me')\r")
        screen.shows(b"remember me\r\n")
        screen.shows(PROMPT)
        screen.press(END)
        assert screen.process.wait(SECONDS) == 0
    assert "remember" in (tmp_path / "root/tmp/.python_history").read_text()


def test_colours_where_the_terminal_has_them(command: tuple[str, ...]) -> None:
    for terminal, coloured in (("xterm-256color", True), ("dumb", False)):
        with repl(command, terminal) as screen:
            screen.shows(PROMPT)
            screen.press(b"1/0\r")
            assert (b"\x1b[1;35mZeroDivisionError" in screen.shows(b"division by zero")) is coloured


def test_the_host_s_database_comes_first(command: tuple[str, ...], tmp_path: Path) -> None:
    """A terminal that only the host knows is taken from there."""
    found = next(
        (path for path in Path("/lib/terminfo").rglob("*") if path.name == "cons25"),
        Path("/usr/share/terminfo/c/cons25"),
    )
    if not found.is_file():
        pytest.skip("this host describes no terminal beyond those inside")
    place = tmp_path / "root/usr/share/terminfo/c"
    place.mkdir(parents=True)
    shutil.copy2(found, place / "cons25")
    program = "import curses; curses.setupterm('cons25', 1); print(curses.tigetnum('colors'))"
    done = subprocess.run([*command, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["8"]
