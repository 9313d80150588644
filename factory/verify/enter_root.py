"""Change into a root directory and become a program.

`enter_root.py [--show PATH INSIDE]... DIRECTORY [PROGRAM ...]` runs as a script of its own, in the
factory's Python. Who is not root gets a user namespace first. A PATH of the host, such as /proc, is
shown as INSIDE, in a mount namespace that ends with the program.
Without a program it only shows whether all this is permitted here. A line on standard error and
exit code 125 say that it is not, exit code 126 that the program cannot be started.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

NOT_PERMITTED = 125
NOT_STARTED = 126
_CLONE_NEWNS = 0x00020000
_CLONE_NEWUSER = 0x10000000
_MS_BIND, _MS_REC, _MS_PRIVATE = 4096, 16384, 1 << 18


def main(arguments: list[str]) -> int:
    """Enter the root directory; on success with a program this never returns."""
    shown = []
    while arguments[0] == "--show":
        shown.append((arguments[1], arguments[2]))
        arguments = arguments[3:]
    directory, *program = arguments
    try:
        if os.geteuid() != 0:
            _become_root_of_a_namespace()
        if shown:
            _show(shown, directory)
        os.chroot(directory)
        os.chdir("/")
    except OSError as error:
        print(f"no chroot here: {error.strerror or error}", file=sys.stderr)
        return NOT_PERMITTED
    if program:
        # Python ignores these two for itself; the program must start with the defaults.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        try:
            os.execv(program[0], program)
        except OSError as error:
            print(f"{program[0]} does not start here: {error.strerror}", file=sys.stderr)
            return NOT_STARTED
    return 0


def _become_root_of_a_namespace() -> None:
    user, group = os.geteuid(), os.getegid()
    _call("unshare", _CLONE_NEWUSER, trying="user namespace")
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1", encoding="ascii")


def _show(paths: list[tuple[str, str]], directory: str) -> None:
    _call("unshare", _CLONE_NEWNS, trying="mount namespace")
    _call("mount", None, b"/", None, _MS_REC | _MS_PRIVATE, None, trying="mount of one's own")
    for path, inside in paths:
        target = directory + inside
        arguments = (path.encode(), target.encode(), None, _MS_BIND | _MS_REC, None)
        _call("mount", *arguments, trying=f"mount of {path}")


def _call(function: str, *arguments: bytes | int | None, trying: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, function)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"no {trying}: {os.strerror(number)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
