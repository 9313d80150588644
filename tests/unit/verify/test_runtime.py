from __future__ import annotations

import dataclasses
import platform
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from factory.errors import MachineError
from factory.model.report import Severity
from factory.verify import runtime, tree, wheel
from factory.verify.case import Case, Say
from factory.verify.dist import Label
from factory.verify.empty_root import make_empty_root
from factory.verify.interpreter import Interpreter

X86_64 = pytest.mark.skipif(platform.machine() != "x86_64", reason="runs an x86_64 program")


def severities(found: object) -> set[Severity]:
    return {item.severity for item in found}  # type: ignore[attr-defined]


def messages(found: object) -> list[str]:
    return [item.message for item in found]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "check",
    [
        runtime.check_tls,
        runtime.check_ctypes,
        runtime.check_threads,
        runtime.check_processes,
        tree.check_pip,
    ],
)
def test_passes_on_any_python(case: Case, say: Say, check: Callable[..., object]) -> None:
    found = list(check(case, say))  # type: ignore[call-overload]

    assert severities(found) <= {Severity.OK, Severity.NOTE}, messages(found)


@pytest.mark.parametrize(
    "check", [runtime.check_sqlite, runtime.check_curses, runtime.check_libraries]
)
def test_says_something_about_any_python(
    case: Case, say: Say, check: Callable[..., object]
) -> None:
    assert list(check(case, say))  # type: ignore[call-overload]


def test_version(case: Case, say: Say) -> None:
    version = platform.python_version()
    right = dataclasses.replace(case.dist, label=Label(version=version, machine="x86_64"))
    wrong = dataclasses.replace(case.dist, label=Label(version="3.1.4", machine="x86_64"))

    found = list(runtime.check_version(dataclasses.replace(case, dist=right), say))
    assert f"CPython {version} on linux" in found[0].message
    found = list(runtime.check_version(dataclasses.replace(case, dist=wrong), say))
    assert f"it is Python {version}, but the name says 3.1.4" in messages(found)


def test_extension_modules(case: Case, say: Say) -> None:
    present = dataclasses.replace(case.dist, promised=frozenset({"sys", "_io"}))
    absent = dataclasses.replace(case.dist, promised=frozenset({"sys", "_nothing"}))

    found = runtime.check_extension_modules(dataclasses.replace(case, dist=present), say)
    assert severities(found) == {Severity.OK}
    found = runtime.check_extension_modules(dataclasses.replace(case, dist=absent), say)
    assert messages(found) == ["promised but not built in: _nothing"]


def crashing(case: Case, name: str) -> Interpreter:
    """A Python that dies by SIGSEGV when its arguments name a certain module."""
    path = case.scratch / "crashing"
    path.write_text(
        "#!/bin/sh\n"
        f'for name; do test "$name" = {name} && kill -SEGV $$; done\n'
        f'exec {sys.executable} "$@"\n'
    )
    path.chmod(0o755)
    return case.interpreter.at(path)


def test_a_crashing_import_is_found(case: Case) -> None:
    names = ["json", "re", "bisect", "nothing_of_the_kind", "heapq", "enum"]
    failures = list(runtime._import_failures(crashing(case, "heapq"), names))

    assert failures[0].startswith("ImportError: nothing_of_the_kind (ModuleNotFoundError")
    assert failures[1:] == ["heapq: probe imports: killed by SIGSEGV"]


def test_imports(case: Case, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        type(case.policy), "imports", lambda _policy, name: name in ("json", "email.mime.text")
    )

    (found,) = runtime.check_imports(case, say)
    assert found.message.startswith("2 modules imported")


def test_no_children_without_the_kernel(case: Case, say: Say) -> None:
    alone = dataclasses.replace(case.interpreter, starts_children=False)

    with pytest.raises(MachineError, match="binfmt_misc"):
        list(runtime.check_processes(dataclasses.replace(case, interpreter=alone), say))


def root_or_skip(interpreter: Interpreter) -> Interpreter:
    try:
        root = make_empty_root(interpreter)
    except MachineError as error:
        pytest.skip(error.message)
    files = [path for path in root.directory.rglob("*") if not path.is_dir()]
    assert len(files) == 1 + len(interpreter.prefix)
    return root.interpreter


@X86_64
def test_empty_root_runs_a_static_program(case: Case, static_pie: Path) -> None:
    outcome = root_or_skip(case.interpreter.at(static_pie)).run()

    assert (outcome.stdout, outcome.returncode) == ("hello\n", 7)


def test_empty_root_stops_a_script(case: Case) -> None:
    script = case.scratch / "script"
    script.write_text("#!/bin/sh\necho hello\n")
    script.chmod(0o755)
    outcome = root_or_skip(case.interpreter.at(script)).run()

    assert outcome.returncode == 126
    assert "does not start here" in outcome.ending


@X86_64
def test_empty_root_check_names_each_program(case: Case, say: Say, static_pie: Path) -> None:
    case = dataclasses.replace(case, interpreter=case.interpreter.at(static_pie))
    root_or_skip(case.interpreter)

    found = list(runtime.check_empty_root(case, say))
    assert len(found) == len(runtime._TRIALS)
    assert "-m platform: exit code 7: hello" in messages(found)


def test_empty_root_needs_a_static_emulator(case: Case, dynamic: Path) -> None:
    emulated = dataclasses.replace(case.interpreter, prefix=(str(dynamic),))
    root_or_skip(case.interpreter)

    with pytest.raises(MachineError, match="not static"):
        make_empty_root(emulated)


def test_a_refused_chroot_is_said(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")

    with pytest.raises(MachineError, match="no empty root directory can be entered"):
        make_empty_root(case.interpreter)


def test_layout(case: Case, say: Say, tmp_path: Path) -> None:
    root = tmp_path / "python"
    for place in tree._NEEDED:
        path = root / place.replace("3.*", "3.13").replace("*", "x")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    executable = root / "bin" / "python3.13"
    executable.touch(mode=0o755)
    dist = dataclasses.replace(case.dist, root=root, executable=executable)
    case = dataclasses.replace(case, dist=dist)
    assert severities(tree.check_layout(case, say)) == {Severity.OK}

    (root / "bin" / "absolute").symlink_to("/bin/sh")
    (root / "bin" / "outside").symlink_to("../../x")
    (root / "bin" / "pip3").unlink()
    found = list(tree.check_layout(case, say))
    assert {(item.path, item.message.split(",")[0]) for item in found} == {
        ("python", "missing: bin/pip3"),
        ("python/bin/absolute", "link to /bin/sh"),
        ("python/bin/outside", "link to ../../x"),
    }


def test_wheel_can_be_installed(case: Case, tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    wheel.write_wheel(wheels)

    assert tree._install_into_directory(case, wheels).strip() == wheel.SAYS
