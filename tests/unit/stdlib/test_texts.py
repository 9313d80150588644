from __future__ import annotations

import collections
import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from factory.stdlib import texts

MODULES = {
    "points.py": (
        "import dataclasses, collections\n"
        "@dataclasses.dataclass(frozen=True)\n"
        "class Point:\n  x: int\n  y: int = 0\n"
        "Pair = collections.namedtuple('Pair', 'left right')\n"
    ),
    "broken.py": "from collections import namedtuple\nnamedtuple('Kept', 'a')\nraise OSError\n",
    "plain.py": "raise SystemExit('is not imported')\n",
    "again.py": "import points\n@points.dataclasses.dataclass\nclass Other:\n  z: int\n",
}


@pytest.fixture
def modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[tuple[str, Path, bool]]]:
    for name, text in MODULES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield [(name.removesuffix(".py"), tmp_path / name, False) for name in sorted(MODULES)]
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_texts_of_classes_are_found_with_their_code(modules: list[tuple[str, Path, bool]]) -> None:
    found = texts.compiled(modules)
    assert [text for text, _ in found] == sorted(text for text, _ in found)
    pair = next(code for text, code in found if text.startswith("lambda _cls, left, right"))
    assert eval(pair, {"_tuple_new": tuple.__new__})(tuple, 1, 2) == (1, 2)
    spaces: list[dict[str, object]] = []
    for text, code in found:
        if text.startswith("def "):
            spaces.append({})
            exec(code, {}, spaces[-1])
    assert spaces
    assert all(callable(made) for space in spaces for made in space.values())


def test_the_code_is_that_of_its_text(modules: list[tuple[str, Path, bool]]) -> None:
    for text, code in texts.compiled(modules):
        *constants, last = code.co_consts
        assert last == text
        mode = "eval" if text.startswith("lambda") else "exec"
        plain = compile(text, "<string>", mode, dont_inherit=True)
        assert code.replace(co_consts=tuple(constants)) == plain


def test_a_module_that_fails_does_no_harm(modules: list[tuple[str, Path, bool]]) -> None:
    assert any("_cls, a" in text for text, _ in texts.compiled(modules))
    assert "broken" not in sys.modules


def test_nothing_stays_as_it_was_made(modules: list[tuple[str, Path, bool]]) -> None:
    texts.compiled(modules)
    assert not {"exec", "eval"} & {*vars(dataclasses), *vars(collections)}
