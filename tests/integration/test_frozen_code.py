"""The code inside the executable is what compiling the library's sources gives.

runtime/frozen_code.c, stdlib/pack_code.py; the unit tests of pack_code look at what is written.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.integration.conftest import Distribution

pytestmark = pytest.mark.build

COMPARE = """\
import _factory, _factory_library as inside, gc, sys
from types import CodeType

def parts(value):
    yield value
    for part in value.co_consts if isinstance(value, CodeType) else ():
        if isinstance(part, CodeType):
            yield from parts(part)

def facts(code):
    plain = [part for part in code.co_consts if not isinstance(part, CodeType)]
    # The order of a set is that of its making.
    consts = [sorted(map(repr, part)) if isinstance(part, frozenset) else part for part in plain]
    fields = (code.co_code, code.co_linetable, code.co_exceptiontable, code.co_filename,
              code.co_name, code.co_qualname, code.co_names, code.co_varnames, code.co_cellvars,
              code.co_freevars, code.co_stacksize, code.co_flags, code.co_firstlineno,
              code.co_nlocals, code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount)
    return repr(consts), fields

def check(name, source):
    want = compile(source, f"<frozen {name}>", "exec", dont_inherit=True, optimize=0)
    # Immortal in one piece when it is read first; later as marshal would make it.
    for code in (_factory.code(name), _factory.code(name)):
        assert code == want, name
        for ours, theirs in zip(parts(code), parts(want), strict=True):
            assert facts(ours) == facts(theirs), (name, ours)
            words = ours.co_names + ours.co_varnames
            assert all(sys.intern(word) is word for word in words), (name, ours)

number = 0
for file in inside._index()[0]:
    if file.endswith(".py"):
        parts_of_name = file.removesuffix(".py").removesuffix("/__init__").split("/")
        name = ".".join(parts_of_name)
        if _factory.is_package(name) is not None:
            check(name, inside.read(file))
            number += 1
gc.collect()
print(number)
"""


def run(python: Path, program: str, *options: str) -> list[str]:
    done = subprocess.run(
        [python, *options, "-I", "-c", program],
        env={"PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout.splitlines()


def test_all_modules_are_what_was_compiled(distribution: Distribution) -> None:
    (number,) = run(distribution.single, COMPARE)
    assert int(number) > 500


def test_modules_can_be_removed_and_imported_again(distribution: Distribution) -> None:
    """The code of the first time stays for ever; that of later times does not."""
    program = (
        "import gc, sys\n"
        "def again():\n"
        "    for name in [name for name in sys.modules if name.startswith('json')]:\n"
        "        del sys.modules[name]\n"
        "    import json\n"
        "    gc.collect()\n"
        "    return json.loads('[1]')\n"
        "def memory():\n"
        "    return int(open('/proc/self/statm').read().split()[1]) * 4\n"
        "for _ in range(20): again()\n"
        "before = memory()\n"
        "for _ in range(300): again()\n"
        "print(memory() - before < 1000, again())"
    )
    assert run(distribution.single, program) == ["True [1]"]


def test_options_that_change_code_objects(distribution: Distribution) -> None:
    program = "import json; print(list(json.loads.__code__.co_positions())[-1][2:])"
    assert run(distribution.single, program, "-X", "no_debug_ranges") == ["(None, None)"]
    assert run(distribution.single, program) != ["(None, None)"]


def test_frozen_modules_that_are_not_ours(distribution: Distribution) -> None:
    """CPython's own for its tests, and what a program hands over, are marshalled."""
    program = (
        "import _imp, marshal\n"
        "print(_imp.get_frozen_object('__hello__').co_filename)\n"
        "code = compile('1', 'here', 'exec')\n"
        "print(_imp.get_frozen_object('os', marshal.dumps(code)).co_filename)\n"
        "print(_imp.get_frozen_object('os').co_filename)"
    )
    assert run(distribution.single, program) == ["<frozen __hello__>", "here", "<frozen os>"]


def test_the_import_system_is_read_in_the_same_way(distribution: Distribution) -> None:
    """Under its first names; CPython's own table is not in the executable."""
    program = (
        "import _frozen_importlib, _imp, importlib\n"
        "for name in ('_frozen_importlib', '_frozen_importlib_external', 'zipimport'):\n"
        "    print(_imp.get_frozen_object(name).co_filename, *_imp.find_frozen(name)[1:])\n"
        "print(importlib._bootstrap is _frozen_importlib, __import__('__hello_only__').initialized)"
    )
    assert run(distribution.single, program) == [
        "<frozen importlib._bootstrap> False importlib._bootstrap",
        "<frozen importlib._bootstrap_external> False importlib._bootstrap_external",
        "<frozen zipimport> False zipimport",
        "Hello world!",
        "True True",
    ]


def test_classes_of_the_library_are_not_compiled(distribution: Distribution) -> None:
    program = (
        "import sys\n"
        "texts = []\n"
        "def hook(event, args):\n"
        "    if event == 'compile' and args[0]: texts.append(args[0])\n"
        "sys.addaudithook(hook)\n"
        "import statistics, traceback, urllib.parse, dataclasses, collections\n"
        "print([text for text in texts if 'def ' in text or 'lambda' in text])\n"
        "print(urllib.parse.urlsplit('https://example.org/a'))\n"
        "print(statistics.linear_regression([1, 2], [3, 5]))\n"
        "@dataclasses.dataclass\n"
        "class Mine: number: int = 1\n"
        "print(Mine(), collections.namedtuple('Other', 'a b')(1, 2), len(texts))"
    )
    assert run(distribution.single, program) == [
        "[]",
        "SplitResult(scheme='https', netloc='example.org', path='/a', query='', fragment='')",
        "LinearRegression(slope=2.0, intercept=1.0)",
        "Mine(number=1) Other(a=1, b=2) 2",
    ]


EXPRESSIONS = """\
import importlib, re, sys
from re import _compiler, _parser

made = {}
def recorded(pattern, flags=0, compile=_compiler.compile):
    made[pattern, flags] = found = compile(pattern, flags)
    return found

asked = []
parse = _parser.parse
_parser.parse = lambda *arguments: asked.append(arguments) or parse(*arguments)
_compiler.compile = recorded
for name in ("tokenize", "logging", "json", "email.message", "textwrap", "urllib.parse", "string"):
    importlib.import_module(name)
print(len(made) > 20, asked)
known, _compiler._compiled = dict(made), lambda text: text
for (pattern, flags), found in known.items():
    again = _compiler.compile.__defaults__[-1](pattern, flags)
    assert again == found and again.groupindex == found.groupindex, pattern
    assert (again.flags, again.groups) == (found.flags, found.groups), pattern
print(len(asked) == len(known))
"""


def test_expressions_of_the_library_are_not_compiled(distribution: Distribution) -> None:
    """And they are what compiling them gives."""
    assert run(distribution.single, EXPRESSIONS) == ["True []", "True"]


def test_monitoring_sees_it(distribution: Distribution) -> None:
    program = (
        "import sys, json\n"
        "calls = []\n"
        "sys.setprofile(lambda frame, event, arg: calls.append(frame.f_code.co_qualname))\n"
        "json.loads('{}')\n"
        "sys.setprofile(None)\n"
        "print('JSONDecoder.decode' in calls)"
    )
    assert run(distribution.single, program) == ["True"]
