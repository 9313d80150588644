"""What is pinned, by name and by minor version of CPython."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from factory.catalog import Catalog
from factory.errors import UsageError
from factory.model.recipe import Source
from factory.model.upstream import Upstream

CPYTHON = "cpython"


@dataclass(frozen=True, kw_only=True)
class Pin:
    """A source that is pinned in `file`, and where newer ones are found."""

    file: Path
    source: Source
    upstream: Upstream | None


def pins(
    catalog: Catalog, data: Path, names: Sequence[str] = (), minors: Sequence[str] = ()
) -> tuple[Pin, ...]:
    """Return the pins of the given names and minor versions of CPython; of all, without any.

    Of several releases of a minor version, the newest is meant. UsageError for an unknown name.
    """
    known = (CPYTHON, *catalog.components)
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise UsageError(
                f"nothing is pinned under the name {name!r}; known: {', '.join(known)}",
                hint=f"did you mean {near[0]}?" if near else "see 'factory list'",
            )
    chosen = set(names) or (set() if minors else set(known))
    found = [catalog.python(minor).minor for minor in minors]
    if CPYTHON in chosen and not found:
        found = [release.minor for release in catalog.releases]
    return (
        *_pythons(catalog, data, dict.fromkeys(found)),
        *(
            Pin(
                file=data / "components" / f"{name}.yaml",
                source=component.source,
                upstream=component.upstream,
            )
            for name, component in catalog.components.items()
            if name in chosen
        ),
    )


def _pythons(catalog: Catalog, data: Path, minors: Iterable[str]) -> Iterator[Pin]:
    for minor in minors:
        upstream = catalog.python_upstream
        yield Pin(
            file=data / "cpython.yaml",
            source=catalog.python(minor).source,
            upstream=upstream and replace(upstream, within=f"=={minor}.*"),
        )
