"""Read what `python -m test FILE` said: one result for each test file. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from factory.verify.interpreter import Outcome

# Exit codes of libregrtest (Lib/test/libregrtest/utils.py).
_FAILED, _ENV_CHANGED, _NO_TESTS = 2, 3, 4

# unittest's report on one test: a double rule, its name, a rule, the traceback, the next rule.
_CASE = re.compile(
    r"^={70}\n(?:FAIL|ERROR): (\S+)(?: \(([\w.]*)\))?.*?\n-{70}\n(.*?)(?=\n[=-]{70}\n)",
    re.MULTILINE | re.DOTALL,
)
_UNEXPECTED_SUCCESS = re.compile(r"^UNEXPECTED SUCCESS: (\S+) \(([\w.]*)\)", re.MULTILINE)
_TOTAL = re.compile(r"^Total tests: run=([\d,]+)(.*)$", re.MULTILINE)
_SKIPPED = re.compile(r"^Total test files: .*\b(?:skipped|resource_denied)=1\b", re.MULTILINE)
_WHY_SKIPPED = re.compile(r"^\S+ skipped -- (.+)$", re.MULTILINE)
_NUMBER = re.compile(r"\b(failures|skipped)=([\d,]+)")


class State(Enum):
    """How a test file ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    CRASHED = "crashed"
    TIMED_OUT = "timed out"
    ENV_CHANGED = "env changed"


@dataclass(frozen=True, kw_only=True)
class FileResult:
    """One file of the suite: counts of its tests, and which of them failed, with what message.

    A file that ends otherwise than by failing tests has its own name among `failing`. `detail` is
    why it was skipped.
    """

    name: str
    state: State
    run: int = 0
    skipped: int = 0
    failing: Mapping[str, str] = field(default_factory=dict)
    detail: str = ""


def read_result(name: str, outcome: Outcome) -> FileResult:
    """Tell from exit code and output how the run of one file ended."""
    text = f"{outcome.stdout}\n{outcome.stderr}"
    state = _state(outcome, text)
    total = _TOTAL.search(text)
    numbers = dict(_NUMBER.findall(total[2])) if total else {}
    why = _WHY_SKIPPED.search(text)
    return FileResult(
        name=name,
        state=state,
        run=_count(total[1]) if total else 0,
        skipped=_count(numbers.get("skipped", "0")),
        failing=_failing(name, state, outcome, text),
        detail=why[1] if why and state is State.SKIPPED else "",
    )


def _failing(name: str, state: State, outcome: Outcome, text: str) -> dict[str, str]:
    if state in (State.PASSED, State.SKIPPED):
        return {}
    found = {_identity(test, where): _last_line(said) for test, where, said in _CASE.findall(text)}
    for test, where in _UNEXPECTED_SUCCESS.findall(text):
        found[_identity(test, where)] = "unexpected success"
    if state is not State.FAILED or not found:
        found[name] = outcome.ending
    return found


def _state(outcome: Outcome, text: str) -> State:
    match outcome.returncode:
        case None:
            return State.TIMED_OUT
        case 0:
            return State.SKIPPED if _SKIPPED.search(text) else State.PASSED
        case code if code == _FAILED:
            return State.FAILED
        case code if code == _ENV_CHANGED:
            return State.ENV_CHANGED
        case code if code == _NO_TESTS:
            return State.SKIPPED
        case _:
            # faulthandler's watchdog ends the process with code 1.
            timed_out = "Timeout (" in text
            return State.TIMED_OUT if timed_out else State.CRASHED


def _identity(test: str, where: str) -> str:
    """The name that `-m unittest` would take; of set-ups, what they set up and their name."""
    if not where or where.endswith(f".{test}"):
        return where or test
    return f"{where}.{test}"


def _last_line(traceback: str) -> str:
    return next((line for line in reversed(traceback.splitlines()) if line.strip()), "")


def _count(text: str) -> int:
    return int(text.replace(",", ""))
