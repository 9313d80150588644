"""Checks of the tree around the executable: layout, moving it, venv, pip."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from factory.model.report import Finding
from factory.verify import wheel
from factory.verify.case import Case, Say
from factory.verify.interpreter import Interpreter, run
from factory.verify.runtime import need_children

_NEEDED = (
    "bin/python3",
    "bin/python",
    "bin/pip3",
    "lib/python3.*/os.py",
    "lib/python3.*/_sysconfigdata_*.py",
    "lib/python3.*/site-packages/pip/__init__.py",
    "include/python3.*/Python.h",
    "share/licenses/*",
)
_NEEDED_EMBEDDED = ("python3.*", "python3.*._pth", "licenses/*")
_ODD_PLACE = "moved hither ünd ねこ"
_SHOW = "import json, sys; print(json.dumps([sys.prefix, sys.base_prefix, sys.executable]))"


def check_layout(case: Case, say: Say) -> Iterator[Finding]:
    """The tree has what installers look for, and every link stays inside it."""
    for note in case.dist.notes:
        yield say.warning(note)
    root = case.dist.root
    if root is None:
        yield say.ok("a bare executable")
        return
    needed = _NEEDED_EMBEDDED if case.dist.embedded else _NEEDED
    missing = [pattern for pattern in needed if not any(root.glob(pattern))]
    links = list(_bad_links(root))
    if missing:
        yield say.error(f"missing: {', '.join(missing)}", "python")
    for link, target in links:
        yield say.error(f"link to {target}, which is not inside the tree", case.dist.shown(link))
    if not os.access(case.dist.executable, os.X_OK):
        yield say.error("not marked executable")
    elif not missing and not links:
        yield say.ok(f"all {len(needed)} expected places are there", "python")


def _bad_links(root: Path) -> Iterator[tuple[Path, str]]:
    for folder, directories, names in os.walk(root):
        for path in (Path(folder, name) for name in (*directories, *names)):
            if not path.is_symlink():
                continue
            target = path.readlink()
            inside = path.resolve().is_relative_to(root.resolve())
            if target.is_absolute() or not inside or not path.exists():
                yield path, str(target)


def check_relocation(case: Case, say: Say) -> Iterator[Finding]:
    """Everything works after a move to a directory with spaces and letters beyond ASCII."""
    place = case.scratch / _ODD_PLACE
    if case.dist.root is None:
        place.mkdir()
        moved = Path(shutil.copy2(case.dist.executable, place))
        found = _paths(case.interpreter.at(moved))
        if found["executable"] == str(moved):
            yield say.ok(f"runs from a directory named {_ODD_PLACE!r}")
        else:
            yield say.error(f"sys.executable is {found['executable']} after a move to {moved}")
        return
    shutil.copytree(case.dist.root, place, symlinks=True)
    moved = place / case.dist.executable.relative_to(case.dist.root)
    link = case.scratch / "a-link-to-python"
    link.symlink_to(moved)
    wrong = [
        *_wrong_prefixes(case.interpreter.at(moved), place),
        *_wrong_prefixes(case.interpreter.at(link), place),
        *([] if case.dist.embedded else _wrong_pip(case, place)),
    ]
    for message in wrong:
        yield say.error(message)
    if not wrong:
        what = "paths" if case.dist.embedded else "prefixes, sysconfig and pip3"
        yield say.ok(f"{what} follow a move to {_ODD_PLACE!r}")


def _paths(interpreter: Interpreter) -> dict[str, str]:
    """All paths that the interpreter derives from its place, by name."""
    answer = json.loads(interpreter.ask("prefix")[0].detail)
    return {**answer.pop("paths"), **answer}


def _wrong_prefixes(interpreter: Interpreter, place: Path) -> Iterator[str]:
    started = Path(interpreter.executable).name
    for name, path in _paths(interpreter).items():
        if name != "executable" and not Path(path).is_relative_to(place):
            yield f"started as {started}, {name} is {path}, not in {place}"


def _wrong_pip(case: Case, place: Path) -> Iterator[str]:
    if not case.interpreter.starts_children:
        return
    outcome = run(
        (str(place / "bin" / "pip3"), "--version"),
        cwd=case.scratch,
        seconds=60 * case.interpreter.patience,
        environment={"PATH": "/usr/bin:/bin", "HOME": str(case.scratch)},
    )
    if not outcome.clean or str(place) not in outcome.stdout:
        yield f"bin/pip3 --version: {outcome.ending}"


def check_isolation(case: Case, say: Say) -> Iterator[Finding]:
    """The `embed` flavor takes modules from its own directory and nothing from the user's."""
    if not case.dist.embedded:
        return
    place = case.scratch / "isolated"
    shutil.copytree(case.dist.executable.parent, place)
    python = case.interpreter.at(place / case.dist.executable.name)
    elsewhere = case.scratch / "elsewhere"
    for folder, module in ((place, "beside"), (elsewhere, "foreign")):
        folder.mkdir(exist_ok=True)
        (folder / f"{module}.py").write_text(f"print({module!r})\n", encoding="ascii")
    environment = {"PYTHONPATH": str(elsewhere), "PYTHONHOME": "/nowhere"}
    program = "import beside, importlib.util as u, sys\n"
    program += "print([m for m in ('foreign', 'pip') if u.find_spec(m)], sys.prefix)"
    outcome = python.run("-c", program, environment=environment)
    if outcome.expect("a program") == f"beside\n[] {place}\n" and not outcome.stderr:
        yield say.ok("modules beside it are found; PYTHON* variables and pip are not")
    else:
        yield say.error(f"not isolated: {outcome.stdout} {outcome.ending}")


def check_venv(case: Case, say: Say) -> Iterator[Finding]:
    """Virtual environments can be made, without pip and with it."""
    if case.dist.embedded:
        return
    need_children(case)
    bare = _make_venv(case, "venv-bare", "--without-pip")
    prefix, base, executable = json.loads(bare.run("-I", "-c", _SHOW).expect("the venv's python"))
    if prefix != str(case.scratch / "venv-bare") or base == prefix or executable != bare.executable:
        yield say.error(
            f"in a venv, prefix, base and executable are {prefix}, {base}, {executable}"
        )
    else:
        version = _venv_with_pip(case).run("-I", "-m", "pip", "--version").expect("pip in a venv")
        yield say.ok(f"made without and with pip: {' '.join(version.split()[:2])}")


def check_pip(case: Case, say: Say) -> Iterator[Finding]:
    """pip installs a wheel from a local directory, and what it installed runs."""
    if case.dist.embedded:
        return
    wheels = case.scratch / "wheels"
    wheels.mkdir()
    wheel.write_wheel(wheels)
    if case.interpreter.starts_children:
        said = _install_into_venv(case, wheels)
    else:
        said = _install_into_directory(case, wheels)
    if said.strip() == wheel.SAYS:
        yield say.ok("a wheel from a local directory was installed and runs")
    else:
        yield say.error(f"the installed program said {said!r}, not {wheel.SAYS!r}")


def _install_into_venv(case: Case, wheels: Path) -> str:
    python = _venv_with_pip(case)
    _pip_install(python, wheels)
    command = Path(python.executable).with_name(wheel.COMMAND)
    outcome = run((str(command),), cwd=case.scratch, seconds=60 * python.patience)
    return outcome.expect("the installed command")


def _install_into_directory(case: Case, wheels: Path) -> str:
    target = case.scratch / "installed"
    python = _writable(case)
    _pip_install(python, wheels, "--target", str(target))
    program = f"import sys; sys.path.insert(0, sys.argv[1]); import {wheel.MODULE} as m; m.main()"
    return python.run("-I", "-c", program, str(target)).expect("the installed module")


def _pip_install(python: Interpreter, wheels: Path, *options: str) -> None:
    offline = ("--disable-pip-version-check", "--no-index", "--find-links", str(wheels))
    arguments = ("-I", "-m", "pip", "install", "--no-cache-dir", *offline, *options, wheel.NAME)
    python.run(*arguments, seconds=240).expect("pip install")


def _venv_with_pip(case: Case) -> Interpreter:
    """Make the environment that the checks of venv and pip share, once."""
    place = case.scratch / "venv-pip"
    if place.exists():
        return case.interpreter.at(place / "bin" / "python")
    return _make_venv(case, place.name)


def _make_venv(case: Case, name: str, *options: str) -> Interpreter:
    place = case.scratch / name
    made = _writable(case).run("-I", "-m", "venv", *options, str(place), seconds=300)
    made.expect(f"venv {' '.join(options)}".strip())
    return case.interpreter.at(place / "bin" / "python")


def _writable(case: Case) -> Interpreter:
    """The interpreter in a tree that byte code may be written to: never the user's own."""
    root = case.dist.root
    if root is None or case.dist.disposable:
        return case.interpreter
    copy = case.scratch / "tree"
    if not copy.exists():
        shutil.copytree(root, copy, symlinks=True)
    return case.interpreter.at(copy / case.dist.executable.relative_to(root))
