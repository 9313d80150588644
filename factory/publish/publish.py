"""Compare artifacts with what a target has, and send what differs."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path

from factory.console import Console
from factory.errors import PublishError
from factory.publish.collect import MANIFEST, Manifest, collect, read_manifest
from factory.publish.directory import Directory
from factory.publish.github import GitHubRelease
from factory.publish.http import HttpServer
from factory.publish.index import SUMS, index_files, sums
from factory.publish.step import Step
from factory.publish.target import Target


def open_target(
    text: str, address: str | None = None, token: str | None = None, tag: str | None = None
) -> Target:
    """Find the target that --to names; PublishError for a kind that there is not."""
    if text.startswith("github:"):
        if not tag or text.count("/") != 1:
            raise PublishError(
                f"--to {text}: wanted a repository and the tag of a release",
                hint="say --to github:OWNER/REPO --tag TAG",
            )
        return GitHubRelease(text.removeprefix("github:"), tag, token)
    scheme, separator, _ = text.partition("://")
    if not separator:
        return Directory(Path(text), address)
    if scheme in ("http", "https"):
        return HttpServer(text, token)
    raise PublishError(
        f"--to {text}: no target of that kind",
        hint="a directory, http(s)://... for PUT, github:OWNER/REPO, or oci://HOST/REPOSITORY",
    )


def publish(
    folder: Path, target: Target, console: Console, *, tag: str | None, execute: bool
) -> tuple[Step, ...]:
    """Bring a target up to date; return the steps, which are done only with `execute`.

    Files come before what lists them, so whoever reads a list finds all of it. An interrupted call
    can be repeated: what is there already is not sent again.
    """
    manifests = collect(folder, console)
    there = target.hashes()
    known = _with_those_there(manifests, target, there)
    hashes = {one.name: one.sha256 for m in known for one in m.artifacts}
    hashes |= {manifest.name: _sha256(manifest.text) for manifest in known}
    tag = tag or max(manifest.date for manifest in known)
    lists = index_files((one for m in known for one in m.artifacts), tag, target.url)
    lists[SUMS] = sums(hashes)
    new = {one.name: one.sha256 for m in manifests for one in m.artifacts}
    new |= {manifest.name: _sha256(manifest.text) for manifest in manifests}
    steps = (
        *_steps(new, there),
        # Last: a reader of SHA256SUMS may count on everything else.
        *_steps({name: _sha256(text) for name, text in lists.items()}, _lists_there(target, lists)),
    )
    if execute:
        _send(steps, folder, lists, target, console)
    return steps


def _with_those_there(
    manifests: tuple[Manifest, ...], target: Target, there: Mapping[str, str]
) -> tuple[Manifest, ...]:
    """Add what was published before: lists describe all that a target has."""
    ours = {manifest.name for manifest in manifests}
    texts = {
        name: target.read(name)
        for name in sorted(there)
        if name.endswith(MANIFEST) and name not in ours
    }
    others = (read_manifest(name, text) for name, text in texts.items() if text)
    return (*manifests, *others)


def _lists_there(target: Target, lists: Mapping[str, str]) -> dict[str, str]:
    texts = {name: target.read(name) for name in lists}
    return {name: _sha256(text) for name, text in texts.items() if text is not None}


def _steps(wanted: Mapping[str, str], there: Mapping[str, str]) -> tuple[Step, ...]:
    return tuple(
        Step(name=name, sha256=digest, why="differs" if name in there else "new")
        for name, digest in wanted.items()
        if there.get(name) != digest
    )


def _send(
    steps: tuple[Step, ...],
    folder: Path,
    lists: Mapping[str, str],
    target: Target,
    console: Console,
) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="publish-") as scratch,
        console.progress("publishing", total=len(steps), unit="file") as bar,
    ):
        for step in steps:
            bar.describe(step.name)
            file = folder / step.name
            if step.name in lists:
                file = Path(scratch, step.name)
                file.write_text(lists[step.name], encoding="utf-8")
            target.put(step.name, file)
            bar.advance(1)
    target.finish()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
