"""The build manifest: everything that went into a distribution, and what came out."""

from __future__ import annotations

from collections.abc import Collection

import factory
from factory.model.plan import Action, LocalSource, Plan, Result
from factory.model.recipe import Source
from factory.package.artifacts import Artifact


def manifest(
    plan: Plan,
    result: Result,
    artifacts: tuple[Artifact, ...],
    verified: Collection[str],
    profile: str | None = None,
    bolt_profile: str | None = None,
) -> dict[str, object]:
    """Describe one target's build as plain data; no place or time of this machine is in it.

    `verified` names the artifacts that all checks were run on and found good; `profile` and
    `bolt_profile` are the SHA-256 of the profiles that a release was made with: with them the same
    bytes can be made again.
    """
    needed = _needed(plan, result)
    return {
        "factory": factory.__version__,
        "python": result.target.python.version,
        "triple": result.target.arch.release_triple,
        "profile": result.target.profile.value,
        "profile_sha256": profile,
        "pie": not result.target.fixed,
        "bolt": result.target.bolt,
        "bolt_profile_sha256": bolt_profile,
        "toolchain": plan.action(result.interpreter).toolchain,
        "source_date_epoch": plan.action(result.interpreter).epoch,
        "actions": [_describe(action) for action in needed],
        "modules_left_out": result.target.python.modules_left_out,
        "artifacts": [
            {
                "name": a.path.name,
                "flavor": a.flavor.value,
                "sha256": a.sha256,
                "size": a.size,
                "verified": a.path.name in verified,
            }
            for a in artifacts
        ],
    }


def _needed(plan: Plan, result: Result) -> tuple[Action, ...]:
    wanted: set[str] = set()
    queue = [result.interpreter, result.python]
    while queue:
        key = queue.pop()
        if key not in wanted:
            wanted.add(key)
            queue += [need.key for need in plan.action(key).dependencies]
    return tuple(action for action in plan.actions if action.key in wanted)


def _describe(action: Action) -> dict[str, object]:
    return {
        "name": action.name,
        "key": action.key,
        "source": _source(action),
        "patches": {patch.path.name: patch.sha256 for patch in action.patches},
        "commands": [list(command.argv) for command in action.commands],
    }


def _source(action: Action) -> dict[str, object] | None:
    match action.source:
        case Source(name=name, version=version, archives=archives):
            accepted = [archive.sha256 for archive in archives]
            return {"name": name, "version": version, "sha256": accepted}
        case LocalSource(version=version, sha256=digest):
            return {"name": "local source", "version": version, "sha256": [digest]}
        case None:
            return None
