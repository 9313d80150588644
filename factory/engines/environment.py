"""The environment of every command: nothing of the caller's, the same for all engines."""

from __future__ import annotations

from factory.model.plan import Action

# The directories of a work directory. HOST has links to the programs of the machine; it is below
# the work directory because configure records where programs are, and such paths are rewritten.
HOST = "host"
PLACES = ("build", "src", "sysroot", "tools", "input", "out", "home", "tmp", HOST)


def clean_environment(
    action: Action,
    work: str,
    *,
    makeflags: str,
    toolchain: tuple[tuple[str, str], ...],
) -> dict[str, str]:
    """Return all variables of a command in `work`."""
    return {
        "PATH": f"{work}/tools:{work}/{HOST}",
        "HOME": f"{work}/home",
        "TMPDIR": f"{work}/tmp",
        "LC_ALL": "C",
        "TZ": "UTC",
        "SOURCE_DATE_EPOCH": str(action.epoch),
        "FACTORY_WORK": work,
        "MAKEFLAGS": makeflags,
        **dict(toolchain),
        **dict(action.env),
    }
