from __future__ import annotations

import pytest

from factory.verify.cpython.results import State, read_result
from factory.verify.interpreter import Outcome

RULE, THIN = "=" * 70, "-" * 70
FAILED = f"""\
0:00:00 load avg: 2.60 [1/1] test_os
test_a (test.test_os.FileTests.test_a) ... FAIL

{RULE}
FAIL: test_a (test.test_os.FileTests.test_a) (n=1)
The first line of its docstring.
{THIN}
Traceback (most recent call last):
  File "/x/test_os.py", line 1, in test_a
AssertionError: 1 != 2

{RULE}
ERROR: setUpClass (test.test_os.PidTests)
{THIN}
Traceback (most recent call last):
OSError: no pid

{THIN}
Ran 370 tests in 14.009s

FAILED (failures=2, skipped=60)
UNEXPECTED SUCCESS: test_b (test.test_os.FileTests.test_b)
test test_os failed
Total tests: run=1,370 failures=2 skipped=60
Total test files: run=1/1 failed=1
Result: FAILURE
"""
PASSED = """\
0:00:01 load avg: 2.43 [1/1] test_json passed
Total tests: run=201 skipped=3
Total test files: run=1/1
Result: SUCCESS
"""
SKIPPED = """\
test_winreg skipped -- No module named 'winreg'
Total tests: run=0
Total test files: run=1/1 skipped=1
Result: SUCCESS
"""


def ended(code: int | None, text: str = "") -> Outcome:
    return Outcome(argv=("python",), returncode=code, stdout=text, stderr="", seconds=960)


def test_failing_tests_with_their_messages() -> None:
    result = read_result("test_os", ended(2, FAILED))
    assert result.state is State.FAILED
    assert (result.run, result.skipped) == (1370, 60)
    assert result.failing == {
        "test.test_os.FileTests.test_a": "AssertionError: 1 != 2",
        "test.test_os.PidTests.setUpClass": "OSError: no pid",
        "test.test_os.FileTests.test_b": "unexpected success",
    }


def test_a_file_that_passes() -> None:
    result = read_result("test_json", ended(0, PASSED))
    assert (result.state, result.run, result.skipped) == (State.PASSED, 201, 3)
    assert result.failing == {}
    assert result.detail == ""


@pytest.mark.parametrize("text", [SKIPPED, SKIPPED.replace("skipped=1", "resource_denied=1")])
def test_a_file_that_is_skipped_says_why(text: str) -> None:
    result = read_result("test_winreg", ended(0, text))
    assert (result.state, result.run) == (State.SKIPPED, 0)
    assert result.detail == "No module named 'winreg'"


@pytest.mark.parametrize(
    ("code", "text", "state"),
    [
        (-11, "Fatal Python error: Segmentation fault", State.CRASHED),
        (1, "MemoryError", State.CRASHED),
        (1, "Timeout (0:15:00)!\nThread 0x1 (most recent call first):", State.TIMED_OUT),
        (None, "", State.TIMED_OUT),
        (3, PASSED, State.ENV_CHANGED),
        (2, "test test_x failed", State.FAILED),
    ],
)
def test_a_file_that_ends_otherwise_fails_as_a_whole(
    code: int | None, text: str, state: State
) -> None:
    result = read_result("test_x", ended(code, text))
    assert result.state is state
    assert result.failing.keys() == {"test_x"}
    assert result.failing["test_x"]


def test_a_crash_after_failures_is_still_a_crash() -> None:
    result = read_result("test_os", ended(-6, FAILED))
    assert result.state is State.CRASHED
    assert "SIGABRT" in result.failing["test_os"]
    assert "test.test_os.FileTests.test_a" in result.failing
