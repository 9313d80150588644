"""Find the hash of a file in what its project publishes, whatever form that has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

# SHA-256 and SHA3-256 look alike.
_HASH = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{64}(?![0-9A-Za-z])")


def published_hashes(text: str, name: str) -> frozenset[str]:
    """Return the hashes that a text gives for a file name, in lower case.

    The text is JSON (GitHub's releases, an SPDX bill of materials), where the object that names
    the file has its hash; or lines (SHA256SUMS, SQLite's table), where the line has it. A text
    that is one hash and nothing else is that of the file which it lies beside.
    """
    try:
        data = json.loads(text)
    except ValueError:
        return frozenset(_in_lines(text, name))
    return frozenset(_in_json(data, name))


def _in_lines(text: str, name: str) -> Iterator[str]:
    if re.fullmatch(_HASH, text.strip()):
        yield text.strip().lower()
    whole_name = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])")
    for line in text.splitlines():
        if whole_name.search(line):
            yield from (found.lower() for found in _HASH.findall(line))


def _in_json(data: Any, name: str) -> Iterator[str]:
    if isinstance(data, list):
        for one in data:
            yield from _in_json(one, name)
    elif isinstance(data, dict):
        texts = [value for value in data.values() if isinstance(value, str)]
        whole_name = re.compile(rf"(\S*/)?{re.escape(name)}")
        if any(whole_name.fullmatch(text) for text in texts):
            yield from (found.lower() for found in _HASH.findall(json.dumps(data)))
        else:
            yield from _in_json(list(data.values()), name)
