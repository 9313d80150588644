from __future__ import annotations

from dataclasses import replace

from factory.model.report import Finding, Report, Severity


def test_only_errors_fail_a_report() -> None:
    found = tuple(
        Finding(check="c", severity=severity, path="p", message=severity.value)
        for severity in Severity
    )
    report = Report(subject="x", findings=found)
    assert [error.message for error in report.errors] == ["error"]
    assert report.as_json()["passed"] is False
    harmless = tuple(finding for finding in found if finding.severity is not Severity.ERROR)
    assert replace(report, findings=harmless).as_json()["passed"] is True


def test_a_report_survives_json() -> None:
    finding = Finding(check="c", severity=Severity.WARNING, path="p", message="m")
    report = Report(subject="x", findings=(finding,))
    assert Report.from_json(report.as_json()) == report
