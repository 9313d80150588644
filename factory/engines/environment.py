"""The environment of every command: nothing of the caller's, the same for all engines."""

from __future__ import annotations

from factory.model.plan import Action

# The directories of a work directory.
PLACES = ("build", "src", "sysroot", "tools", "input", "out", "home", "tmp")


def clean_environment(
    action: Action,
    work: str,
    *,
    host: str,
    makeflags: str,
    toolchain: tuple[tuple[str, str], ...],
) -> dict[str, str]:
    """Return all variables of a command in `work`; `host` has the programs of the host."""
    return {
        "PATH": f"{work}/tools:{host}",
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
