from __future__ import annotations

import io

import pytest

from factory.console import Console


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _no_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)


def test_plain_text_for_a_file(console: Console, stderr: io.StringIO) -> None:
    console.note("a note")
    console.warn("a warning")
    console.error("an error", "do this")
    console.error("another")
    assert stderr.getvalue() == (
        "a note\nwarning: a warning\nerror: an error\nhint: do this\nerror: another\n"
    )


def test_quiet_leaves_out_notes_only(stderr: io.StringIO) -> None:
    console = Console(stderr, quiet=True)
    console.note("a note")
    console.warn("a warning")
    console.error("an error")
    assert stderr.getvalue() == "warning: a warning\nerror: an error\n"


def test_colours_on_a_terminal() -> None:
    terminal = Terminal()
    Console(terminal).error("an error", "do this")
    said = terminal.getvalue()
    assert "\x1b[31merror: \x1b[0man error\n" in said
    assert "\x1b[36mhint: \x1b[0mdo this\n" in said


@pytest.mark.parametrize("value", ["1", ""])
def test_no_colours_where_nobody_wants_them(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", value)
    terminal = Terminal()
    Console(terminal).warn("a warning")
    assert terminal.getvalue().endswith("warning: a warning\n")
    assert "\x1b[33m" not in terminal.getvalue()


def test_errors_are_annotations_in_ci(monkeypatch: pytest.MonkeyPatch, stderr: io.StringIO) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    Console(stderr).error("100% wrong\nin two lines")
    annotation, *rest = stderr.getvalue().splitlines()
    assert annotation == "::error::100%25 wrong%0Ain two lines"
    assert rest == ["error: 100% wrong", "in two lines"]


def test_groups_fold_in_ci(monkeypatch: pytest.MonkeyPatch, stderr: io.StringIO) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    console = Console(stderr)
    with pytest.raises(ZeroDivisionError), console.group("zlib"):
        raise ZeroDivisionError
    assert stderr.getvalue() == "::group::zlib\n::endgroup::\n"


def test_groups_are_a_title_elsewhere(console: Console, stderr: io.StringIO) -> None:
    with console.group("zlib"):
        console.note("inside")
    assert stderr.getvalue() == "zlib\ninside\n"


def test_no_bar_where_nobody_looks(console: Console, stderr: io.StringIO) -> None:
    with console.progress("zlib", 10) as bar:
        bar.advance(5)
    assert stderr.getvalue() == ""


def test_a_bar_on_a_terminal() -> None:
    terminal = Terminal()
    with Console(terminal).progress("fetching", 10, "action") as bar:
        bar.advance(10)
    assert "fetching" in terminal.getvalue()


def test_a_quiet_terminal_has_no_bar() -> None:
    terminal = Terminal()
    with Console(terminal, quiet=True).progress("fetching", 10) as bar:
        bar.advance(10)
    assert "fetching" not in terminal.getvalue()


def test_people_are_spoken_to_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    Console().note("a note")
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "a note\n")
