"""Change pinned facts in the text of their file: the values concerned, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml

from factory.errors import UsageError
from factory.model.recipe import Archive, Source


@dataclass(frozen=True, order=True)
class _Edit:
    """What stands between two positions of a text becomes something else."""

    start: int
    end: int
    text: str


def repinned(text: str, old: Source, version: str, archives: Mapping[str, Archive]) -> str:
    """Return the facts with another version of a source.

    `archives` has the new archive for the SHA-256 of an old one; an old archive that has none is
    taken out, with the comment above it, and so is Debian's copy of one that is replaced.
    UsageError where the file has another layout than ours.
    """
    table = _table(yaml.compose(text, Loader=yaml.SafeLoader), old.version)
    edits = [_value(table["version"], version)]
    for item in table["archives"].value:
        fields = _fields(item)
        new = archives.get(fields["sha256"].value)
        edits += [_without_item(text, item)] if new is None else _archive(text, item, new)
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def _table(root: yaml.Node | None, version: str) -> dict[str, yaml.Node]:
    """Find what describes a version: the whole file, or one of its releases."""
    fields = _fields(root)
    rows = [_fields(row) for row in fields["releases"].value] if "releases" in fields else [fields]
    return next(row for row in rows if row["version"].value == version)


def _fields(node: yaml.Node | None) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode) or node.flow_style:
        where = f" in line {node.start_mark.line + 1}" if node is not None else ""
        raise UsageError(f"wanted a mapping of one key a line{where}")
    return {key.value: value for key, value in node.value}


def _archive(text: str, item: yaml.MappingNode, new: Archive) -> Iterator[_Edit]:
    fields = _fields(item)
    for node, url in zip(fields["urls"].value, new.urls, strict=True):
        yield _value(node, url)
    yield _value(fields["sha256"], new.sha256)
    yield _value(fields["size"], str(new.size))
    if "debian" in fields:
        yield _without_field(text, item, "debian")


def _value(node: yaml.Node, value: str) -> _Edit:
    style = node.style if isinstance(node, yaml.ScalarNode) else None
    quote = style if style in ("'", '"') else ""
    return _Edit(node.start_mark.index, node.end_mark.index, f"{quote}{value}{quote}")


def _without_field(text: str, item: yaml.MappingNode, name: str) -> _Edit:
    keys = [key for key, _ in item.value]
    index = [key.value for key in keys].index(name)
    if index == 0:  # it shares its line with the item's dash
        return _Edit(keys[0].start_mark.index, keys[1].start_mark.index, "")
    return _lines(text, keys[index].start_mark.index, _end(item.value[index][1]))


def _without_item(text: str, item: yaml.MappingNode) -> _Edit:
    """Take out an item and the comment that stands above it."""
    edit = _lines(text, item.start_mark.index, _end(item))
    start = edit.start
    comment = text[start : text.index("-", start)] + "#"
    while start and text.startswith(comment, above := _line_start(text, start - 1)):
        start = above
    return _Edit(start, edit.end, "")


def _lines(text: str, start: int, end: int) -> _Edit:
    """Take out whole lines."""
    return _Edit(_line_start(text, start), _line_end(text, end) + 1, "")


def _line_start(text: str, index: int) -> int:
    return text.rfind("\n", 0, index) + 1


def _line_end(text: str, index: int) -> int:
    end = text.find("\n", index)
    return len(text) if end < 0 else end


def _end(node: yaml.Node) -> int:
    """Return where a node's text ends; for YAML, that of a block includes what comes after."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.index)
