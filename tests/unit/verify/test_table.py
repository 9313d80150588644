from __future__ import annotations

from factory.model.report import Finding, Report, Severity
from factory.verify.table import render


def finding(severity: Severity, check: str, message: str) -> Finding:
    return Finding(check=check, severity=severity, path="bin/python3.13", message=message)


def test_columns_are_aligned() -> None:
    report = Report(
        subject="cpython",
        findings=(
            finding(Severity.OK, "elf-type", "ET_DYN"),
            finding(Severity.ERROR, "tls", "killed\nby SIGSEGV"),
        ),
    )

    assert render(report) == "\n".join(
        [
            "cpython",
            "result  check     path            finding",
            "ok      elf-type  bin/python3.13  ET_DYN",
            "error   tls       bin/python3.13  killed",
            "                                  by SIGSEGV",
            "failed: 1 ok, 0 note, 0 warning, 1 error",
        ]
    )


def test_no_error_is_a_pass() -> None:
    report = Report(subject="x", findings=(finding(Severity.WARNING, "pip", ""),))

    assert render(report).splitlines()[-1] == "passed: 0 ok, 0 note, 1 warning, 0 error"
