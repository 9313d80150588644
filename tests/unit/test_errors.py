from __future__ import annotations

import factory.errors
from factory.errors import ExitCode, FactoryError


def subclasses() -> list[type[FactoryError]]:
    return [
        value
        for value in vars(factory.errors).values()
        if isinstance(value, type) and issubclass(value, FactoryError) and value is not FactoryError
    ]


def test_no_two_kinds_of_failure_share_an_exit_code() -> None:
    codes = [kind.exit_code for kind in subclasses()]
    assert len(codes) > 3
    assert len(codes) == len(set(codes))
    assert not {ExitCode.DONE, ExitCode.BUG, ExitCode.INTERRUPTED} & set(codes)


def test_the_numbers_that_users_rely_on() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "DONE": 0,
        "BUG": 1,
        "USAGE": 2,
        "MACHINE": 3,
        "SOURCE": 4,
        "BUILD": 5,
        "VERIFICATION": 6,
        "PUBLISH": 7,
        "INTERRUPTED": 130,
    }


def test_an_error_says_what_and_what_next() -> None:
    error = FactoryError("what", hint="next")
    assert (str(error), error.message, error.hint) == ("what", "what", "next")
    assert FactoryError("what").hint is None
