"""curses on a pseudo-terminal."""

from __future__ import annotations

import curses
import curses.panel
import fcntl
import os
import pty
import select
import struct
import termios
import time

_SECONDS = 20


def _draw() -> None:
    """Set up the screen, write on it, put it back."""
    screen = curses.initscr()
    curses.start_color()
    curses.cbreak()
    screen.keypad(True)
    screen.addstr(0, 0, "factory ok", curses.A_BOLD)
    curses.panel.new_panel(screen)
    screen.refresh()
    curses.endwin()


def _child() -> None:
    try:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        os.environ["TERM"] = "xterm"
        for name in ("TERMINFO", "TERMINFO_DIRS"):
            os.environ.pop(name, None)
        _draw()
        os._exit(0)
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}".encode())
        os._exit(1)


def _output(terminal: int) -> bytes:
    """Read until the other side closes, which a pseudo-terminal reports as an error."""
    data = b""
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end:
        if select.select([terminal], [], [], 1)[0]:
            try:
                chunk = os.read(terminal, 4096)
            except OSError:
                break
            if not chunk:
                break
            data += chunk
    return data


def probe_screen() -> str:
    """Draw text on a terminal of type xterm."""
    pid, terminal = pty.fork()
    if pid == 0:
        _child()
    data = _output(terminal)
    _, status = os.waitpid(pid, 0)
    if status != 0 or b"factory ok" not in data:
        raise AssertionError(f"status {status}, output {data[-300:]!r}")
    return f"curses drew {len(data)} bytes on a pseudo-terminal"
