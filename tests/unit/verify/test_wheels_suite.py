"""The suite with a pip that installs nothing; the Python that runs the tests is the artifact."""

from __future__ import annotations

import dataclasses
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from factory.console import Console
from factory.errors import MachineError, UsageError
from factory.model.report import Report, Severity
from factory.verify import elf
from factory.verify.interpreter import Interpreter, RunError
from factory.verify.wheels import suite
from factory.verify.wheels.installed import Distribution, NoWheelError
from factory.verify.wheels.listed import EMPTY_ROOT, HOST, KnownFailure, Package, WheelList
from factory.verify.wheels.suite import verify_wheels

MUSL = ("cp313-cp313-musllinux_1_2_x86_64",)


@dataclass
class Environment:
    """What stands for a virtual environment: it has whatever it is said to have."""

    site_packages: Path
    asked: list[str] = field(default_factory=list)

    def install(self, requirement: str) -> None:
        self.asked.append(requirement)
        if requirement == "rare":
            raise NoWheelError("rare-core")
        if requirement == "broken":
            raise RunError("pip install broken: exit code 1")

    def distributions(self) -> dict[str, Distribution]:
        return {
            "good": Distribution(version="1.0", tags=MUSL),
            "pure": Distribution(version="2.0", tags=("py3-none-any",)),
        }


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    environment = Environment(site_packages=tmp_path)

    def make(python: Interpreter, place: Path) -> Environment:
        return environment

    def no_root(*arguments: object) -> None:
        raise MachineError("not here")

    monkeypatch.setattr(suite, "make_environment", make)
    monkeypatch.setattr(suite, "in_an_empty_root", no_root)
    return environment


Make = Callable[..., WheelList]


@pytest.fixture
def make_list(tmp_path: Path) -> Make:
    def make(programs: dict[str, str], *failures: KnownFailure) -> WheelList:
        packages = []
        for name, program in programs.items():
            use = tmp_path / f"{name}_use.py"
            use.write_text(f"def probe_it():\n    {program}\n")
            packages.append(Package(name=name, use=use, compiled=name))
        quick = frozenset(list(programs)[:1])
        return WheelList(packages=tuple(packages), quick=quick, known_failures=failures)

    return make


def known(name: str) -> KnownFailure:
    return KnownFailure(
        package=name, places=(HOST, EMPTY_ROOT), versions=SpecifierSet(), cause="bad luck"
    )


def check(wheels: WheelList, *paths: Path, quick: bool = False) -> tuple[Report, ...]:
    console = Console(io.StringIO(), quiet=True)
    return verify_wheels(paths or (Path(sys.executable),), console, quick=quick, wheels=wheels)


def said(report: Report) -> dict[tuple[str, str], tuple[Severity, str]]:
    return {(one.check, one.path): (one.severity, one.message) for one in report.findings}


def test_what_pip_gave(environment: Environment, make_list: Make) -> None:
    names = ("good", "pure", "rare", "broken", "absent")
    (report,) = check(make_list(dict.fromkeys(names, "return 'fine'")))
    found = said(report)
    assert found["good", "pip"] == (Severity.OK, f"good 1.0, {MUSL[0]}")
    assert found["pure", "pip"][0] is Severity.WARNING
    assert "no musllinux wheel" in found["pure", "pip"][1]
    assert found["rare", "pip"] == (
        Severity.WARNING,
        "no wheel for this Python on musl: rare-core",
    )
    assert found["broken", "pip"][0] is Severity.ERROR
    assert found["absent", "pip"] == (Severity.ERROR, "pip installed no absent")
    # Whatever was installed is used, and nothing else.
    assert found["good", HOST] == found["pure", HOST] == (Severity.OK, "fine")
    assert ("rare", HOST) not in found
    assert ("broken", HOST) not in found
    assert found["wheels", EMPTY_ROOT] == (Severity.WARNING, "not run: not here")


def test_wrong_results_are_errors(environment: Environment, make_list: Make) -> None:
    (report,) = check(make_list({"good": "assert 1 + 1 == 3, 'sum'"}))
    (error,) = report.errors
    assert (error.check, error.path) == ("good", HOST)
    assert "it: AssertionError: sum" in error.message


def test_crashes_are_errors_and_hide_nothing(environment: Environment, make_list: Make) -> None:
    programs = {"good": "import os; os.abort()", "pure": "return 'fine'"}
    found = said(check(make_list(programs))[0])
    assert found["good", HOST] == (Severity.ERROR, "probe good_use: killed by SIGABRT")
    assert found["pure", HOST] == (Severity.OK, "fine")


def test_a_known_failure_is_a_note(environment: Environment, make_list: Make) -> None:
    (report,) = check(make_list({"good": "raise ValueError('x')"}, known("good")))
    severity, message = said(report)["good", HOST]
    assert severity is Severity.NOTE
    assert message.startswith("known failure, bad luck: it: ValueError: x")
    assert report.errors == ()


def test_a_known_failure_that_works_must_go(environment: Environment, make_list: Make) -> None:
    (report,) = check(make_list({"good": "return 'fine'"}, known("good")))
    (error,) = report.errors
    assert error.message == "it works: remove it from known_failures (bad luck)"


def test_quick_takes_the_subset(environment: Environment, make_list: Make) -> None:
    wheels = make_list({"good": "return 'fine'", "pure": "return 'fine'"})
    check(wheels, quick=True)
    assert environment.asked == ["good"]


def test_artifacts_of_one_version_share_an_installation(
    environment: Environment, make_list: Make
) -> None:
    python = Path(sys.executable)
    reports = check(make_list({"good": "return 'fine'"}), python, python)
    assert [report.errors for report in reports] == [(), ()]
    assert environment.asked == ["good"]


def test_what_is_no_python(environment: Environment, make_list: Make, static_pie: Path) -> None:
    broken, fine = check(make_list({"good": "return 'fine'"}), static_pie, Path(sys.executable))
    assert [error.check for error in broken.errors] == ["artifact"]
    assert fine.errors == ()


def test_another_architecture(
    make_list: Make, static_pie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = dataclasses.replace(elf.read_elf(static_pie), machine="AARCH64")
    monkeypatch.setattr(suite, "read_elf", lambda path: facts)
    monkeypatch.setattr(suite, "find_emulator", lambda arch: None)
    (report,) = check(make_list({"good": "return 'fine'"}), static_pie)
    (finding,) = report.findings
    assert (finding.severity, finding.check) == (Severity.WARNING, "artifact")
    assert "AARCH64" in finding.message


def test_nothing_there(make_list: Make, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        check(make_list({"good": "return 'fine'"}), tmp_path / "missing")
