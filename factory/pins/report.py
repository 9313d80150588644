"""What `factory update-pins` says, for people and for machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from factory.pins.update import Change, Outcome


def report_data(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Describe the outcomes as plain data."""
    return {
        "changes": [_change(one.change) for one in outcomes if one.change],
        "failures": [
            {"name": one.pin.source.name, "version": one.pin.source.version}
            | {"reason": one.failure.message}
            for one in outcomes
            if one.failure
        ],
        "newest": [str(one.pin.source) for one in outcomes if not one.change and not one.failure],
    }


def report_text(outcomes: Sequence[Outcome]) -> str:
    """Lay the outcomes out as text."""
    return "\n".join(line for outcome in outcomes for line in _lines(outcome))


def _lines(outcome: Outcome) -> Iterator[str]:
    if outcome.failure:
        yield f"{outcome.pin.source}: failed: {outcome.failure.message}"
    elif outcome.change is None:
        yield f"{outcome.pin.source}: newest"
    else:
        change = outcome.change
        yield f"{outcome.pin.source} -> {change.version}"
        for one in change.archives:
            yield f"  {one.new.sha256}  {one.new.size} bytes  {one.new.filename}"
            said = f"as {one.confirmed} says" if one.confirmed else "no hash is published of it"
            yield f"    {said}"
        yield from (f"  without Debian's {pool}" for pool in change.dropped)


def _change(change: Change) -> dict[str, Any]:
    return {
        "name": change.pin.source.name,
        "old": change.pin.source.version,
        "new": change.version,
        "file": str(change.pin.file),
        "archives": [
            {
                "urls": list(one.new.urls),
                "sha256": one.new.sha256,
                "size": one.new.size,
                "confirmed": one.confirmed,
            }
            for one in change.archives
        ],
        "dropped": list(change.dropped),
    }
