"""Show a report as one aligned table of plain text."""

from __future__ import annotations

from collections import Counter

from factory.model.report import Finding, Report, Severity

_HEADS = ("result", "check", "path", "finding")


def render(report: Report) -> str:
    """Lay out all findings of a report in columns, with a line of counts at the end."""
    rows = [_HEADS, *(_cells(finding) for finding in report.findings)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [report.subject, *(_line(row, widths) for row in rows), _summary(report)]
    return "\n".join(lines)


def _cells(finding: Finding) -> tuple[str, str, str, str]:
    return (finding.severity.value, finding.check, finding.path, finding.message)


def _line(row: tuple[str, str, str, str], widths: list[int]) -> str:
    start = "".join(f"{cell:<{width}}  " for cell, width in zip(row[:3], widths, strict=True))
    # Output of a crashed program has many lines; they stay in their column.
    first, *more = row[3].splitlines() or [""]
    return "\n".join([start + first, *(" " * len(start) + line for line in more)]).rstrip()


def _summary(report: Report) -> str:
    counts = Counter(finding.severity for finding in report.findings)
    parts = ", ".join(f"{counts[severity]} {severity.value}" for severity in Severity)
    return f"{'failed' if report.errors else 'passed'}: {parts}"
