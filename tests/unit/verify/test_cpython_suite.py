"""The suite with a shell script for an interpreter, which says what regrtest would say."""

from __future__ import annotations

import io
import json
import threading
import time
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from factory.console import Console
from factory.errors import UsageError
from factory.model.report import Report, Severity
from factory.verify.cpython import suite
from factory.verify.cpython.expected import Expectations, ExpectedFailure
from factory.verify.cpython.suite import verify_cpython
from factory.verify.elf import ElfFacts
from factory.verify.runtime import Identity

RULE, THIN = "=" * 70, "-" * 70
PYTHON = f"""#!/bin/sh
for name; do :; done
case $name in
--list-tests) printf '%s\\n' test_good test_bad test_rare test.test_pack.test_one test_slow; exit ;;
test_good) echo 'Total tests: run=10 skipped=1' ;;
test_rare) echo 'test_rare skipped -- no luck'; echo 'Total test files: run=1/1 skipped=1' ;;
test_slow) sleep 60 & echo $! > "$0.child"; wait ;;
test_bad)
    printf '%s\\n' {RULE} 'FAIL: test_a (test.test_bad.A.test_a)' {THIN} Traceback 'E: no' '' {THIN}
    exit 2 ;;
*) echo "$@" > "$0.asked"; env > "$0.env"; pwd > "$0.cwd" ;;
esac
"""
KNOWN = ExpectedFailure(
    test="test.test_bad.A.test_a",
    file=None,
    reason="bad luck",
    see="docs",
    versions=SpecifierSet(),
)


@pytest.fixture
def tree(tmp_path: Path, sound: ElfFacts, monkeypatch: pytest.MonkeyPatch) -> Path:
    identity = Identity(
        version="3.13.15",
        minor="3.13",
        implementation="cpython",
        platform="linux",
        machine="x86_64",
        builtin=frozenset(),
    )
    monkeypatch.setattr(suite, "read_elf", lambda path: sound)
    monkeypatch.setattr(suite, "identify", lambda interpreter: identity)
    program = tmp_path / "python" / "bin" / "python3.13"
    program.parent.mkdir(parents=True)
    program.write_text(PYTHON)
    program.chmod(0o755)
    return tmp_path / "python"


def check(
    tree: Path, *tests: str, known: tuple[ExpectedFailure, ...] = (), jobs: int = 1
) -> Report:
    expectations = Expectations(
        resources=("all", "-gui"),
        quick=("test_good",),
        seconds=60,
        ignored=("test.test_x.A.test_y",),
        failures=known,
    )
    console = Console(io.StringIO(), quiet=True)
    (report,) = verify_cpython([tree], console, tests=tests, jobs=jobs, expectations=expectations)
    return report


def said(report: Report) -> dict[str, tuple[Severity, str]]:
    return {one.check: (one.severity, one.message) for one in report.findings}


def test_an_unexplained_failure_is_an_error(tree: Path) -> None:
    found = said(check(tree, "test_good", "test_bad"))
    assert found["test_bad"] == (Severity.ERROR, "test.test_bad.A.test_a (failed): E: no")
    assert "2 files (1 passed, 1 failed); 10 tests run, 1 skipped" in found["counts"][1]


def test_an_explained_failure_is_a_note(tree: Path) -> None:
    report = check(tree, "test_bad", known=(KNOWN,))
    severity, message = said(report)["test_bad"]
    assert severity is Severity.NOTE
    assert message == "expected failure, test.test_bad.A.test_a: bad luck (docs)"
    assert "1 failed as expected" in said(report)["counts"][1]


def test_an_expected_failure_that_passes_is_an_error(tree: Path) -> None:
    stale = ExpectedFailure(**{**vars(KNOWN), "test": "test.test_good.A.test_a"})
    severity, message = said(check(tree, "test_good", known=(stale,)))["test_good"]
    assert severity is Severity.ERROR
    assert message == "test.test_good.A.test_a did not fail: remove it from expected_failures"


def test_what_is_skipped_says_why_and_proves_nothing(tree: Path) -> None:
    stale = ExpectedFailure(**{**vars(KNOWN), "test": "test_rare"})
    report = check(tree, "test_rare", known=(stale,))
    assert not report.errors
    assert said(report)["skipped"] == (Severity.NOTE, "1 files: test_rare (no luck)")


def test_what_fails_beside_others_is_tried_alone(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tree / "bin" / "python3.13"
    flaky = '*bad)\n    [ -e "$0.again" ] && exit 0\n    touch "$0.again"'
    program.write_text(program.read_text().replace("test_bad)", flaky, 1))
    report = check(tree, "test_bad", jobs=2, known=())
    # The user's own tree is copied, so nothing is written to it.
    assert not list(tree.glob("bin/*.again"))
    assert said(report)["test_bad"] == (
        Severity.WARNING,
        "failed beside other tests, passed alone",
    )
    assert not report.errors


def test_a_part_of_a_package_and_how_it_is_run(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suite, "own_tree", lambda dist, root, workspace: root)
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    check(tree, "test_pack")
    asked = (tree / "bin/python3.13.asked").read_text().split()
    assert asked[-1] == "test.test_pack.test_one"
    assert asked[asked.index("-u") + 1] == "all,-gui"
    assert asked[asked.index("--timeout") + 1] == "60"
    assert "--fail-env-changed" in asked
    assert asked[asked.index("-i") + 1] == "test.test_x.A.test_y"
    environment = (tree / "bin/python3.13.env").read_text()
    assert "PYTHON" not in environment
    place = (tree / "bin/python3.13.cwd").read_text().strip()
    assert f"TMPDIR={place}\n" in environment
    assert not Path(place).exists()


def test_an_unknown_test(tree: Path) -> None:
    with pytest.raises(UsageError, match="has no test file 'test_no'"):
        check(tree, "test_no")


def test_a_bare_executable_has_no_tests(tree: Path) -> None:
    (error,) = check(tree / "bin" / "python3.13").errors
    assert "there are no tests in it" in error.message


def test_an_interruption_ends_what_runs(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suite, "own_tree", lambda dist, root, workspace: root)
    started = tree / "bin/python3.13.child"

    def interrupted(futures: object) -> None:
        while not (started.exists() and started.read_text().strip()):
            time.sleep(0.01)
        raise KeyboardInterrupt

    monkeypatch.setattr(suite, "as_completed", interrupted)
    with pytest.raises(KeyboardInterrupt):
        check(tree, "test_slow", jobs=2)
    child = Path("/proc", started.read_text().strip())
    deadline = time.monotonic() + 10
    while child.exists() and "Z" not in _state(child) and time.monotonic() < deadline:
        threading.Event().wait(0.05)
    assert not child.exists() or "Z" in _state(child)


def _state(process: Path) -> str:
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def test_reports_are_plain_data(tree: Path) -> None:
    assert json.loads(json.dumps(check(tree, "test_good").as_json()))["passed"] is True
