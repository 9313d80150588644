"""Load what is known to fail in CPython's test suite; every entry gives its reason."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from packaging.specifiers import SpecifierSet

from factory.catalog import DATA, Table, in_range


@dataclass(frozen=True, kw_only=True)
class ExpectedFailure:
    """A test (or a whole file) that fails, why, and where that is explained.

    It fails however the executable was linked. `file` is the test file, where the name of the test
    does not tell.
    """

    test: str
    file: str | None
    reason: str
    see: str
    versions: SpecifierSet


@dataclass(frozen=True, kw_only=True)
class Expectations:
    """How the suite is run and what is expected of it.

    `resources` are regrtest's (`-u`); `quick` are the files of a short run; `seconds` is the time
    limit of one file; `ignored` are tests whose result is up to the machine.
    """

    resources: tuple[str, ...]
    quick: tuple[str, ...]
    seconds: int
    ignored: tuple[str, ...]
    failures: tuple[ExpectedFailure, ...]

    def of(self, file: str, version: str) -> tuple[ExpectedFailure, ...]:
        """Return the failures that a file must have."""
        return tuple(
            one
            for one in self.failures
            if in_range(version, one.versions) and belongs(one.file or one.test, file)
        )


def belongs(test: str, file: str) -> bool:
    """Tell whether a test is one of a file's, such as `test.test_os.X.test_y` of `test_os`."""
    name = file.removeprefix("test.")
    return test == file or f"{test.removeprefix('test.')}.".startswith(f"{name}.")


def load_expectations(path: Path = DATA / "cpython_tests.yaml") -> Expectations:
    """Load a file of expectations, by default the factory's own."""
    table = Table.load(path)
    expectations = Expectations(
        resources=table.texts("resources"),
        quick=table.texts("quick"),
        seconds=table.number("seconds"),
        ignored=tuple(_ignored(row) for row in table.tables("ignored")),
        failures=tuple(_failure(row) for row in table.tables("expected_failures")),
    )
    table.done()
    return expectations


def _ignored(row: Table) -> str:
    test, _ = row.text("test"), row.text("reason")
    row.done()
    return test


def _failure(row: Table) -> ExpectedFailure:
    failure = ExpectedFailure(
        test=row.text("test"),
        file=row.optional_text("file"),
        reason=row.text("reason"),
        see=row.text("see"),
        versions=row.versions("when"),
    )
    row.done()
    return failure
