from __future__ import annotations

from pathlib import Path

import pytest

from factory.errors import UsageError
from factory.verify.cpython.expected import belongs, load_expectations

TEXT = """\
resources: [all, -gui]
seconds: 60
quick: [test_os]
expected_failures:
  - test: test.test_os.FileTests.test_a
    reason: musl says so
    see: https://example.org/
  - test: test_gdb
    when: ">=3.14"
    reason: no gdb
    see: docs/limits.md
  - test: test.datetimetester.A.test_b
    file: test_datetime
    reason: another module's
    see: docs/limits.md
ignored:
  - test: test.test_socket.V.test_s
    reason: no device
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "tests.yaml"
    file.write_text(text)
    return file


def test_the_factorys_own_file_is_sound() -> None:
    expectations = load_expectations()
    tests = [(one.test, str(one.versions)) for one in expectations.failures]
    assert len(set(tests)) == len(tests)
    assert {"test_ctypes", "test_importlib", "test_ssl"} <= set(expectations.quick)


def test_failures_hold_for_versions(tmp_path: Path) -> None:
    expectations = load_expectations(written(tmp_path, TEXT))
    assert expectations.resources == ("all", "-gui")
    assert [one.test for one in expectations.of("test_os", "3.13.1")] == [
        "test.test_os.FileTests.test_a"
    ]
    assert expectations.of("test_gdb", "3.14.0rc1")
    assert not expectations.of("test_gdb", "3.13.1")
    assert expectations.of("test_datetime", "3.13.1")
    assert expectations.ignored == ("test.test_socket.V.test_s",)
    assert not expectations.of("test_json", "3.13.1")


@pytest.mark.parametrize(
    ("test", "file", "one_of_its"),
    [
        ("test_os", "test_os", True),
        ("test.test_os.A.test_b", "test_os", True),
        ("test.test_os_more.A.test_b", "test_os", False),
        ("test.test_asyncio.test_events.A.test_b", "test.test_asyncio.test_events", True),
        ("test.test_asyncio.test_events.A.test_b", "test.test_asyncio.test_tasks", False),
        ("test_os", "test_os_more", False),
    ],
)
def test_tests_belong_to_files(test: str, file: str, one_of_its: bool) -> None:
    assert belongs(test, file) is one_of_its


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("reason: musl says so", "cause: x", r"expected_failures\[0\].reason: missing"),
        ("see: docs", "link: docs", r"expected_failures\[1\].see: missing"),
        ('">=3.14"', '"new"', r"when: Invalid specifier"),
        ("seconds: 60", "seconds: 0", "seconds: wanted a positive whole number"),
        ("quick:", "quickly:", "quickly: unknown key"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        load_expectations(written(tmp_path, TEXT.replace(old, new)))
