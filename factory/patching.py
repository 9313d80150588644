"""Apply patches with fuzz 0: every context line must match; only line numbers may have moved.

whatthepatch passes over what it does not understand, so a patch is held to the unified format
first: a line that is lost without a word would be the worst way to fail.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import whatthepatch
from whatthepatch.patch import Change

from factory.errors import BuildError

_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_NOWHERE = "/dev/null"


def apply_patch(patch: Path, tree: Path) -> None:
    """Apply a unified diff (`-p1`) to a source tree; BuildError names patch, file and line."""
    text = _read(patch)
    files = tuple(_files(patch, text.split("\n")))
    diffs = list(whatthepatch.parse_patch(text))
    if not files:
        raise BuildError(f"{patch}: no diff in the patch")
    if len(files) != len(diffs):
        raise BuildError(f"{patch}: every file needs a 'diff --git' line before its hunks")
    for (old, new), diff in zip(files, diffs, strict=True):
        name = old if new == _NOWHERE else new
        try:
            _apply(list(_hunks(diff.changes or [])), _inside(tree, name), old, new)
        except OSError as error:
            raise _refusal(patch, name, error.strerror or str(error)) from error
        except LookupError as error:
            raise _refusal(patch, name, str(error.args[0])) from error


def _apply(hunks: list[tuple[list[str], list[str], int]], file: Path, old: str, new: str) -> None:
    """Change, create or remove one file; LookupError where it is not as the hunks want it."""
    if old == _NOWHERE:
        if file.exists():
            raise LookupError("the patch creates the file, and it is there already")
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = [""]
    else:
        lines = _read(file).split("\n")
    _change(lines, hunks, created=old == _NOWHERE)
    if new != _NOWHERE:
        file.write_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))
    elif lines == [""]:
        file.unlink()
    else:
        raise LookupError("the patch removes the file, and more is in it")


def _change(
    lines: list[str], hunks: list[tuple[list[str], list[str], int]], *, created: bool
) -> None:
    drift = done = 0
    for old, new, start in hunks:
        if not old and not created:
            raise LookupError("a hunk without context: nothing says where it belongs")
        place = _find(lines, old, start + drift, done)
        if place is None:
            raise LookupError(f"no lines like those of the hunk at {start + 1}")
        lines[place : place + len(old)] = new
        drift = place - start + len(new) - len(old)
        done = place + len(new)


def _hunks(changes: list[Change]) -> Iterator[tuple[list[str], list[str], int]]:
    """Yield (old lines, new lines, index of the first old line) of each hunk."""
    for _, group in itertools.groupby(changes, key=lambda change: change.hunk):
        hunk = list(group)
        numbers = [change.old for change in hunk if change.old is not None]
        old = [str(change.line) for change in hunk if change.old is not None]
        new = [str(change.line) for change in hunk if change.new is not None]
        yield old, new, numbers[0] - 1 if numbers else 0


def _find(lines: list[str], wanted: list[str], near: int, first: int) -> int | None:
    """Return the index nearest to `near`, `first` or later, at which all wanted lines stand."""
    last = len(lines) - len(wanted)
    for place in sorted(range(first, last + 1), key=lambda index: abs(index - near)):
        if lines[place : place + len(wanted)] == wanted:
            return place
    return None


def _files(patch: Path, lines: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the old and the new name of every file; BuildError at a malformed line."""
    old = ""
    old_left = new_left = 0
    in_diff = False
    for number, line in enumerate(lines, start=1):
        if line.splitlines() not in ([], [line]):
            raise BuildError(f"{patch}:{number}: a control character that ends a line")
        kind = line[:1]
        if old_left or new_left:
            if kind not in (" ", "-", "+"):
                raise BuildError(f"{patch}:{number}: the hunk is shorter than its header says")
            old_left -= kind != "+"
            new_left -= kind != "-"
            if old_left < 0 or new_left < 0:
                raise BuildError(f"{patch}:{number}: the hunk's header counts other lines")
        elif line.startswith("diff "):
            in_diff = True
        elif line.startswith("--- "):
            old = _name(line)
        elif line.startswith("+++ "):
            in_diff = True
            yield old, _name(line)
        elif hunk := _HUNK.match(line):
            old_left, new_left = (int(count or 1) for count in hunk.groups())
        elif in_diff and kind == "\\":
            raise BuildError(f"{patch}:{number}: the end of a file that lacks its last newline")
        elif in_diff and kind in (" ", "+", "-") and line.rstrip() != "--":
            raise BuildError(f"{patch}:{number}: the hunk is longer than its header says")
        elif in_diff and re.match(
            r"(old mode|new file mode 100755|rename|copy|Binary|GIT) ?", line
        ):
            raise BuildError(f"{patch}:{number}: cannot do this: {line}")


def _name(line: str) -> str:
    """Return the path in a `---` or `+++` line without its first directory, as `-p1` does."""
    path = line[4:].partition("\t")[0]
    return path if path == _NOWHERE else path.partition("/")[2]


def _inside(tree: Path, name: str) -> Path:
    file = tree / name
    if not name or not file.resolve().is_relative_to(tree.resolve()):
        raise LookupError("the path leads out of the source tree")
    return file


def _refusal(patch: Path, name: str, reason: str) -> BuildError:
    return BuildError(
        f"{patch} does not apply: {name}: {reason}",
        hint="refresh the patch for this version, or narrow its 'when' in series.yaml",
    )


def _read(file: Path) -> str:
    """Read a file so that writing it gives the same bytes, whatever they are."""
    return file.read_bytes().decode("utf-8", "surrogateescape")
