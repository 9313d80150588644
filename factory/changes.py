"""What a change to the factory changes in its artifacts: the keys of two commits, compared."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from factory.archives import tarfile
from factory.catalog import PACKAGE
from factory.console import Console
from factory.errors import UsageError
from factory.matrix import Job

# What makes archives of outputs; it is part of no action's key.
_PACKING = ("factory/package", "factory/archives.py")


def changed_jobs(jobs: Sequence[Job], ref: str, console: Console) -> tuple[Job, ...]:
    """Return the jobs whose artifacts would differ from those that a commit makes.

    Both plans are made: a key has all inputs. UsageError outside of a checkout and for an unknown
    commit. A job that the commit could not plan counts as changed.
    """
    checkout = PACKAGE.parent
    with tempfile.TemporaryDirectory(prefix="changes-") as folder:
        _unpack(checkout, ref, Path(folder))
        if _differs(checkout, ref):
            console.note(f"all jobs: how archives are made has changed since {ref}")
            return tuple(jobs)
        changed = tuple(job for job in jobs if _has_changed(Path(folder), checkout, job))
    console.note(f"{len(changed)} of {len(jobs)} jobs have changed since {ref}")
    return changed


def _unpack(checkout: Path, ref: str, place: Path) -> None:
    archive = place / "tree.tar"
    with archive.open("wb") as out:
        done = _git(checkout, "archive", "--format=tar", ref, stdout=out)
    if done.returncode:
        raise UsageError(
            f"--changed-since {ref}: {done.stderr.decode(errors='replace').strip()}",
            hint="it needs the git history of a checkout ('fetch-depth: 0' in GitHub Actions)",
        )
    with tarfile.open(archive) as tar:
        tar.extractall(place, filter="data")


def _differs(checkout: Path, ref: str) -> bool:
    done = _git(checkout, "diff", "--quiet", ref, "--", *_PACKING, stdout=subprocess.PIPE)
    return done.returncode != 0


def _git(
    checkout: Path, *arguments: str, stdout: IO[bytes] | int
) -> subprocess.CompletedProcess[bytes]:
    command = ["git", "-C", str(checkout), *arguments]
    try:
        return subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE)
    except FileNotFoundError as error:
        raise UsageError("--changed-since needs git, which is not here") from error


def _has_changed(before: Path, after: Path, job: Job) -> bool:
    old = _keys(before, job)
    return old is None or old != _keys(after, job)


def _keys(tree: Path, job: Job) -> object:
    """Return the keys of a job's results with the factory in `tree`; None where it has no plan."""
    with tempfile.TemporaryDirectory(prefix="changes-cache-") as cache:
        command = [sys.executable, "-P", "-m", "factory", "plan", "--json", "--cache-dir", cache]
        done = subprocess.run(
            [
                *command,
                *("--python", *job.pythons),
                *("--arch", job.arch.machine),
                *("--profile", job.profile),
            ],
            env={**os.environ, "PYTHONPATH": str(tree)},
            cwd=cache,
            capture_output=True,
        )
    return json.loads(done.stdout)["results"] if done.returncode == 0 else None
