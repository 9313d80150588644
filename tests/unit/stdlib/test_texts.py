from __future__ import annotations

import _sre  # type: ignore[import-not-found]
import collections
import dataclasses
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from re import _compiler  # type: ignore[attr-defined]

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
    "again.__main__.py": "import re\nraise SystemExit('is a program')\n",
    "words.py": (
        "import re\n"
        "WORD = re.compile(r'(?P<first>\\w)(\\w*)|[^a-z\u20ac]', re.IGNORECASE)\n"
        "BYTES = re.compile(rb'(?:a|b)+')\n"
    ),
    "asking.py": (
        "import re, subprocess, sys\n"
        "def compiled_if_it_runs(start):\n"
        "  try:\n"
        "    start()\n"
        "    re.compile('as this machine has it')\n"
        "  except OSError:\n"
        "    re.compile('as any machine has it')\n"
        "compiled_if_it_runs(lambda: subprocess.run([sys.executable, '-c', '']))\n"
    ),
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
    assert {text.split()[0] for text, _ in found} == {"def", "lambda", "re"}
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
        if text.startswith("re "):
            continue
        mode = "eval" if text.startswith("lambda") else "exec"
        plain = compile(text, "<string>", mode, dont_inherit=True)
        assert code.replace(co_consts=tuple(constants)) == plain


def test_a_module_that_fails_does_no_harm(modules: list[tuple[str, Path, bool]]) -> None:
    assert any("_cls, a" in text for text, _ in texts.compiled(modules))
    assert "broken" not in sys.modules


@pytest.mark.parametrize(
    "expression",
    [re.compile(r"(?P<first>\w)(\w*)|[^a-z€]", re.IGNORECASE), re.compile(rb"(?:a|b)+")],
    ids=["text", "bytes"],
)
def test_an_expression_is_what_compiling_it_gives(
    modules: list[tuple[str, Path, bool]], expression: re.Pattern[str] | re.Pattern[bytes]
) -> None:
    """As patches/cpython/0023 puts it together."""
    flags = re.IGNORECASE.value if isinstance(expression.pattern, str) else 0
    code = dict(texts.compiled(modules))[f"re {flags} {expression.pattern!r}"]
    all_flags, instructions, groups, names, index = code.co_consts[0]
    instructions = memoryview(instructions).cast("I").tolist()
    made = _sre.compile(expression.pattern, all_flags, instructions, groups, dict(names), index)
    assert made == expression
    assert (made.flags, made.groups) == (expression.flags, expression.groups)
    assert dict(made.groupindex) == dict(expression.groupindex)


def test_what_other_programs_say_is_not_asked(modules: list[tuple[str, Path, bool]]) -> None:
    found = dict(texts.compiled(modules))
    assert "re 0 'as any machine has it'" in found
    assert "re 0 'as this machine has it'" not in found


def test_nothing_stays_as_it_was_made(modules: list[tuple[str, Path, bool]]) -> None:
    before = _compiler.compile, _compiler._sre
    texts.compiled(modules)
    assert (_compiler.compile, _compiler._sre) == before
    assert not {"exec", "eval"} & {*vars(dataclasses), *vars(collections)}
    subprocess.run([sys.executable, "-c", ""], check=True)
