"""How a program starts and ends: quicker than CPython does by itself, with the same to be seen.

patches/cpython/0013 to 0015, runtime/permanent.c. What is expected is what Debian's Python prints.
"""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from tests.integration.conftest import Distribution

pytestmark = pytest.mark.build

FINALIZER = """\
import gc, os
class Finalizer:
    def __init__(self, name): self.name = name; self.itself = self
    def __del__(self): print('end of', self.name, os.getpid is not None)
"""


def run(
    python: Path, program: str, *options: str, code: int = 0, **environment: str
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [python, *options, "-c", program],
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == code, f"{program}:\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture
def python(distribution: Distribution) -> Path:
    return distribution.single


def said(python: Path, program: str, *options: str, **environment: str) -> list[str]:
    return run(python, program, *options, code=0, **environment).stdout.splitlines()


def test_finalizers_of_cycles_run_at_the_end_while_modules_are_there(python: Path) -> None:
    program = FINALIZER + "def function(): return kept\nkept = Finalizer('a global'); print('last')"
    assert said(python, program) == ["last", "end of a global True"]


def test_finalizers_of_what_was_put_into_a_module_of_the_start(python: Path) -> None:
    program = FINALIZER + "os.mine = Finalizer('an attribute'); print(gc.get_freeze_count())"
    assert said(python, program) == ["0", "end of an attribute True"]


def test_a_cycle_is_collected(python: Path) -> None:
    program = FINALIZER + "Finalizer('a cycle'); print(gc.collect() > 0)"
    assert said(python, program) == ["end of a cycle True", "True"]


def test_automatic_collections_come_as_ever(python: Path) -> None:
    program = (
        "import gc; before = gc.get_stats()[0]['collections']\n"
        "for _ in range(20000): cycle = []; cycle.append(cycle)\n"
        "print(gc.isenabled(), gc.get_stats()[0]['collections'] - before > 3)"
    )
    assert said(python, program) == ["True True"]


def test_the_start_is_permanent_until_unfrozen(python: Path) -> None:
    program = (
        "import gc; print(gc.get_freeze_count() > 1000)\n"
        "print(any(found is vars(gc) for found in gc.get_objects()))\n"
        "gc.unfreeze(); print(gc.get_freeze_count(), len(gc.get_objects()) > 1000)"
    )
    assert said(python, program, "-I") == ["True", "True", "0 True"]


def test_what_sitecustomize_made_is_not_permanent(python: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(FINALIZER + "mine = Finalizer('sitecustomize')")
    found = said(python, "import gc; print(gc.get_freeze_count())", PYTHONPATH=str(tmp_path))
    assert found == ["0", "end of sitecustomize True"]


def test_functions_of_atexit_and_threads_come_to_their_end(python: Path) -> None:
    program = (
        "import atexit, sys, threading, time\n"
        "atexit.register(print, 'first registered'); atexit.register(print, 'last registered')\n"
        "def work(): time.sleep(0.2); print('thread')\n"
        "threading.Thread(target=work).start()\n"
        "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "sys.stdout.write('main\\n')"
    )
    assert said(python, program) == ["main", "thread", "last registered", "first registered"]


def test_streams_and_files_are_flushed(python: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    program = f"import sys; kept = open({str(file)!r}, 'w'); kept.write('kept'); print(1, end='')"
    assert run(python, program).stdout == "1"
    assert file.read_text() == "kept"
    with Path("/dev/full").open("w") as full:
        argv = [str(python), "-I", "-c", "print(1)"]
        done = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, env={}, timeout=60)
    assert done.returncode == 120
    assert b"No space left on device" in done.stderr


def test_exit_codes(python: Path) -> None:
    run(python, "import sys; sys.exit(3)", code=3)
    run(python, "import sys; sys.exit('no')", code=1)
    run(python, "1 / 0", code=1)
    run(python, "import atexit, sys; atexit.register(sys.exit, 5)", code=0)
    # Whoever started the tests in the background has it ignored.
    handled = "signal.signal(signal.SIGINT, signal.default_int_handler)"
    program = f"import os, signal; {handled}; os.kill(os.getpid(), signal.SIGINT)"
    run(python, program, code=-signal.SIGINT)


def test_functions_of_the_c_library_and_of_extensions_run_last(python: Path) -> None:
    program = (
        "import ctypes\n"
        "kept = ctypes.CFUNCTYPE(None)(lambda: None)\n"
        "puts = ctypes.pythonapi.Py_AtExit(ctypes.CDLL(None).abort)"
    )
    run(python, program, code=-signal.SIGABRT)


def test_all_is_freed_for_who_looks(python: Path) -> None:
    """An audit hook hears of the interpreter's end; PYTHONMALLOCSTATS counts after it."""
    program = (
        "import os, sys\n"
        "def hook(event, arguments, write=os.write):\n"
        "    if event == 'cpython.PyInterpreterState_Clear': write(1, b'cleared')\n"
        "sys.addaudithook(hook)"
    )
    assert run(python, program).stdout == "cleared"
    stats = run(python, "pass", PYTHONMALLOCSTATS="1").stderr
    assert "Small block threshold" in stats


@pytest.mark.parametrize("look", ["", "import sys; sys.addaudithook(print)"])
def test_nothing_is_freed_that_was_not_allocated(python: Path, look: str) -> None:
    """The library's code stands in memory of its own; the debug allocator knows its blocks."""
    modules = "asyncio, ctypes, email.message, json, logging.config, sqlite3, ssl"
    said = run(python, f"import {modules}\n{look}", "-v", "-X", "dev")
    assert "Fatal Python error" not in said.stderr


def test_objects_of_the_thread_are_finalized(python: Path) -> None:
    program = (
        "import contextvars, os\n"
        "class Context:\n"
        "    def __del__(self, write=os.write): write(1, b'context')\n"
        "contextvars.ContextVar('variable').set(Context())"
    )
    assert run(python, program).stdout == "context"


def test_classes_have_the_slots_that_their_methods_say(python: Path) -> None:
    program = """\
class Base:
    def __len__(self): return 3
    def __call__(self): return 'base'
    def __getattr__(self, name): return name
    def __eq__(self, other): return True
class Heir(Base): pass
class Own(Heir):
    def __call__(self): return 'own'
    def __hash__(self): return 7
    def __next__(self): return 1
class Last(Own): pass
heir, last = Heir(), Last()
print(len(heir), heir(), heir.word, heir == 1, Heir.__hash__)
print(len(last), last(), last.word, hash(last), next(last))
Base.__call__ = lambda self: 'new'
Base.__bool__ = lambda self: False
print(heir(), last(), bool(last))
del Own.__call__, Own.__next__
print(last(), hasattr(type(last), '__next__'))
try: next(last)
except TypeError as error: print(error)
try: hash(heir)
except TypeError as error: print(error)
class Count(int): pass
class Times(Count):
    def __rmul__(self, other): return 'times'
class More(Times): pass
print(More(2) + 3, 3 * More(2), More(2) * 3, [1] * More(2))
"""
    assert said(python, program) == [
        "3 base word True None",
        "3 own word 7 1",
        "new own False",
        "new False",
        "'Last' object is not an iterator",
        "unhashable type: 'Heir'",
        "5 times 6 times",
    ]


def test_memory_of_a_start(python: Path) -> None:
    """10.4 MB and 1160 page faults for `-c pass` (docs/performance.md)."""
    program = (
        "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)\n"
        "print(open('/proc/self/status').read())"
    )
    (faults,), *status = (line.split() for line in said(python, program, "-I"))
    (memory,) = (int(words[1]) for words in status if words and words[0] == "VmHWM:")
    assert memory < 13 * 1024
    assert int(faults) < 1400
