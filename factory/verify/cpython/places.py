"""Where CPython's tests are run: a tree of their own, which they may write to."""

from __future__ import annotations

import shutil
from pathlib import Path

from factory.model.target import Link
from factory.recipes.cpython import PREFIX
from factory.verify.dist import Dist
from factory.verify.elf import ElfFacts
from factory.verify.empty_root import check_permission, way_in
from factory.verify.interpreter import Interpreter


def link_of(facts: ElfFacts) -> Link:
    """Tell how an executable was linked."""
    if facts.interpreter is not None:
        return Link.DYNAMIC
    return Link.SELF_HOSTED if facts.exports else Link.STATIC


def own_tree(dist: Dist, root: Path, workspace: Path) -> Path:
    """Give a tree that may be written to; the user's own is copied."""
    if dist.disposable:
        return root
    return Path(shutil.copytree(root, workspace / "python", symlinks=True))


def interpreter_of(tree: Path, name: str, link: Link, scratch: Path) -> Interpreter:
    """Give the way to start a tree's interpreter; MachineError where this machine has none.

    A dynamic executable finds its libc where it was installed, so it sees the host with its tree
    there.
    """
    if link is not Link.DYNAMIC:
        return Interpreter(executable=str(tree / "bin" / name), scratch=scratch)
    root = scratch.with_name("host")
    root.mkdir()
    check_permission(root, scratch)
    show = {str(tree): PREFIX}
    (root / PREFIX.lstrip("/")).mkdir()
    for entry in Path("/").iterdir():
        place = root / entry.name
        if entry.is_symlink():
            place.symlink_to(entry.readlink())
        elif entry.is_dir() and str(entry) != PREFIX:
            place.mkdir()
            show[str(entry)] = str(entry)
    return Interpreter(
        executable=f"{PREFIX}/bin/{name}", scratch=scratch, prefix=way_in(root, show=show)
    )
