"""What verification found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any


class Severity(Enum):
    """How much a finding weighs; only ERROR fails a build."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


# The check that says why no other of those that run the artifact has said anything.
NOT_RUN = "run-time"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One statement of one check about one path."""

    check: str
    severity: Severity
    path: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """All findings about one artifact."""

    subject: str
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that make the artifact unfit."""
        return self._of(Severity.ERROR)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What could not be looked at, or looks odd."""
        return self._of(Severity.WARNING)

    @property
    def complete(self) -> bool:
        """Whether the artifact was run, and nothing makes it unfit."""
        return not self.errors and all(found.check != NOT_RUN for found in self.findings)

    def _of(self, severity: Severity) -> tuple[Finding, ...]:
        return tuple(found for found in self.findings if found.severity is severity)

    def as_json(self) -> dict[str, object]:
        """Plain data for `--json`."""
        rows = [asdict(found) | {"severity": found.severity.value} for found in self.findings]
        return {"subject": self.subject, "passed": not self.errors, "findings": rows}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Report:
        """Read back what `as_json` gave."""
        findings = (
            Finding(**(row | {"severity": Severity(row["severity"])})) for row in data["findings"]
        )
        return cls(subject=data["subject"], findings=tuple(findings))
