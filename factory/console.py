"""What the user sees while work goes on: notes, progress bars, log groups.

Everything for people goes to standard error; standard output is left to results, so that
`--json` output can be piped.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Never, Protocol, TextIO

from tqdm import tqdm


class Progress(Protocol):
    """A bar that moves."""

    def advance(self, amount: int) -> None:
        """Move on by `amount` units."""

    def describe(self, text: str) -> None:
        """Say what is under way."""


class _Bar:
    def __init__(self, bar: tqdm[Never]) -> None:
        self._bar = bar

    def advance(self, amount: int) -> None:
        self._bar.update(amount)

    def describe(self, text: str) -> None:
        self._bar.set_postfix_str(text)


class Console:
    """Write to people; injected wherever something is said, so that tests can listen."""

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._quiet = quiet
        self._interactive = self._stream.isatty() and not quiet
        self._colour = self._interactive and "NO_COLOR" not in os.environ
        self._actions = os.environ.get("GITHUB_ACTIONS") == "true"

    def note(self, text: str) -> None:
        """Say what happens now or what came out."""
        if not self._quiet:
            self._line(text)

    def warn(self, text: str) -> None:
        """Say what is odd but does not stop the work."""
        self._line(self._paint("33", "warning: ") + text)

    def error(self, text: str, hint: str | None = None) -> None:
        """Say why the work stopped and what to do next."""
        if self._actions:
            self._line("::error::" + text.replace("%", "%25").replace("\n", "%0A"))
        self._line(self._paint("31", "error: ") + text)
        if hint:
            self._line(self._paint("36", "hint: ") + hint)

    @contextmanager
    def progress(self, label: str, total: int | None, unit: str = "B") -> Iterator[Progress]:
        """Show a bar of `total` units; silent where nobody looks at a terminal."""
        with tqdm(
            total=total,
            desc=label,
            unit=unit,
            unit_scale=unit == "B",
            file=self._stream,
            disable=not self._interactive,
            leave=False,
        ) as bar:
            yield _Bar(bar)

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """Fold what follows in a CI log that knows groups."""
        self._line(f"::group::{title}" if self._actions else title)
        try:
            yield
        finally:
            if self._actions:
                self._line("::endgroup::")

    def _line(self, text: str) -> None:
        tqdm.write(text, file=self._stream)
        self._stream.flush()

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text
