from __future__ import annotations

import dataclasses
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from factory.console import Console
from factory.errors import MachineError, UsageError
from factory.model.report import Finding, Report, Severity
from factory.verify import checks
from factory.verify.case import Case, Check, Say, Stage
from factory.verify.checks import CHECKS, verify
from factory.verify.interpreter import RunError


def run(path: Path) -> Report:
    return verify(path, Console(io.StringIO(), quiet=True))


def failed(report: Report) -> set[str]:
    return {finding.check for finding in report.errors}


def test_names_are_unique() -> None:
    assert len({check.id for check in CHECKS}) == len(CHECKS)


def test_every_check_says_what_it_holds() -> None:
    assert all(check.function.__doc__ for check in CHECKS)


def test_not_an_elf_file(tmp_path: Path) -> None:
    path = tmp_path / "script"
    path.write_text("#!/bin/sh\n")
    report = run(path)

    assert [finding.message for finding in report.errors] == ["not an ELF file"]
    assert report.as_json()["passed"] is False


def test_broken_archive(tmp_path: Path) -> None:
    path = tmp_path / "x.tar.gz"
    path.write_bytes(b"\x1f\x8b nothing of the kind")

    assert failed(run(path)) == {"artifact"}


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        run(tmp_path / "missing")


def test_dynamic_executable(dynamic: Path) -> None:
    report = run(dynamic)

    assert {"elf-interpreter", "elf-needed", "elf-relro", "ldd", "host-paths"} <= failed(report)
    assert report.findings[-1].check == "run-time"
    assert report.findings[-1].severity is Severity.NOTE


def test_static_but_no_python(static_pie: Path) -> None:
    report = run(static_pie)

    assert not {name for name in failed(report) if name.startswith("elf-")}
    assert report.findings[-1].severity is Severity.ERROR
    assert "does not start: probe identity: exit code 7" in report.findings[-1].message


def test_an_address_that_is_not_as_it_was_meant(static_pie: Path, fixed: Path) -> None:
    quiet = Console(io.StringIO(), quiet=True)
    for path, is_fixed in ((static_pie, False), (fixed, True)):
        for meant in (None, is_fixed, not is_fixed):
            wrong = "elf-type" in failed(verify(path, quiet, fixed=meant))
            assert wrong is (meant is (not is_fixed))


def test_static_checks_all_speak(static_pie: Path) -> None:
    spoke = {finding.check for finding in run(static_pie).findings}

    assert {check.id for check in CHECKS if check.stage is Stage.STATIC} <= spoke


def test_foreign_without_emulator(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "find_emulator", lambda _arch: None)
    found = checks._made_runnable(case, Say("run-time", "x"))

    assert isinstance(found, Finding)
    assert found.severity is Severity.WARNING
    assert "no qemu-x86_64 on this machine" in found.message


def test_foreign_with_emulator(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "find_emulator", lambda _arch: ("/usr/bin/env",))
    monkeypatch.setattr(checks, "kernel_runs", lambda *_: False)
    ready = checks._made_runnable(case, Say("run-time", "x"))

    assert isinstance(ready, Case)
    assert ready.interpreter.prefix == ("/usr/bin/env",)
    assert not ready.interpreter.starts_children
    assert ready.interpreter.patience > 1


@pytest.mark.parametrize(
    ("error", "severity", "message"),
    [
        (RunError("probe tls: killed by SIGSEGV"), Severity.ERROR, "probe tls: killed by SIGSEGV"),
        (MachineError("no chroot"), Severity.WARNING, "not run: no chroot"),
        (KeyError("x"), Severity.ERROR, "the check itself failed: KeyError: 'x'"),
    ],
)
def test_failing_checks_become_findings(
    case: Case, error: Exception, severity: Severity, message: str
) -> None:
    def check(_case: Case, say: Say) -> Iterator[Finding]:
        yield say.ok("so far")
        raise error

    found = list(checks._run(Check("trial", Stage.STATIC, check), case, Say("trial", "x")))
    assert [item.severity for item in found] == [Severity.OK, severity]
    assert found[-1].message == message


def test_whole_run_over_a_host_python(
    case: Case, monkeypatch: pytest.MonkeyPatch, say: Say
) -> None:
    """The loop over all checks, with the slow ones replaced."""

    def quick(_case: Case, say: Say) -> Iterator[Finding]:
        yield say.ok("quick")

    quickened = tuple(dataclasses.replace(check, function=quick) for check in CHECKS)
    monkeypatch.setattr(checks, "CHECKS", quickened)

    found = list(checks._findings(case, Console(io.StringIO(), quiet=True)))
    assert [item.check for item in found] == [check.id for check in CHECKS]
