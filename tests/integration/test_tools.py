"""Everyday tools take the tree for what it is: musllinux wheels fit, and nothing of glibc.

The tools use the caller's configuration of pip and uv to reach a package index.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import struct
import subprocess
import sys
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.parser import HeaderParser
from importlib import metadata
from pathlib import Path

import packaging
import pytest
import yaml
from uv import find_uv_bin

from factory.verify.elf import read_elf
from tests.integration.conftest import PYTHONS, Distribution

pytestmark = pytest.mark.build

ROOT = Path(__file__).resolve().parents[2]
MACHINE = platform.machine()
# Zig's debug checks would be built at the first link, half a minute long.
ZIG = f"zig cc -target {MACHINE}-linux-musl -fno-sanitize=undefined"
# What would lead a tool to another Python than the one it is told.
ASTRAY = {"VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH", "UV_PYTHON", "UV_LIBC", "CC", "CFLAGS"}
# A module of MarkupSafe that is there only if a binary wheel was installed or compiled.
USE = "import markupsafe._speedups as module; print(module.__file__)"


@dataclass(frozen=True, kw_only=True)
class Tree:
    """An unpacked `install_only` tree."""

    minor: str
    directory: Path

    @property
    def python(self) -> Path:
        return self.directory / f"bin/python{self.minor}"

    @property
    def musl_tag(self) -> str:
        """The tag of musllinux wheels for this Python, up to the version of musl."""
        name = f"cp{self.minor.replace('.', '')}"
        return f"{name}-{name}-musllinux_"


def call(
    *argv: str | Path, cwd: Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a tool in `cwd` with the caller's environment, changed by `environment`."""
    inherited = {name: value for name, value in os.environ.items() if name not in ASTRAY}
    done = subprocess.run(
        [str(part) for part in argv],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=cwd,
        env=inherited | dict(environment or {}),
    )
    assert done.returncode == 0, f"{argv}:\n{done.stdout}\n{done.stderr}"
    return done


def unpack(distribution: Distribution, minor: str, directory: Path) -> Tree:
    with tarfile.open(distribution.install_only) as tar:
        tar.extractall(directory, filter="data")
    return Tree(minor=minor, directory=directory / "python")


@pytest.fixture(scope="module")
def trees(
    built: dict[str, Distribution], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Tree]:
    """One tree for each minor version; tests install into environments, not into the tree."""
    return {
        minor: unpack(distribution, minor, tmp_path_factory.mktemp("tree"))
        for minor, distribution in built.items()
    }


@pytest.fixture(params=PYTHONS)
def tree(request: pytest.FixtureRequest, trees: dict[str, Tree]) -> Tree:
    return trees[str(request.param)]


@pytest.fixture(scope="module")
def zig_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the documentation tells to set, and caches that end with the tests."""
    cache = str(tmp_path_factory.mktemp("zig"))
    return {
        "CC": f"{metadata.distribution('ziglang').locate_file('ziglang')}/{ZIG}",
        "ZIG_GLOBAL_CACHE_DIR": cache,
        "ZIG_LOCAL_CACHE_DIR": cache,
    }


def wheel_tags(environment: Path, package: str = "markupsafe") -> list[str]:
    """The tags of the wheel that a package was installed from."""
    (wheel,) = environment.glob(f"lib/python3.*/site-packages/{package}-*.dist-info/WHEEL")
    return HeaderParser().parsestr(wheel.read_text()).get_all("Tag", [])


def assert_musl_wheel_works(environment: Path, tree: Tree) -> None:
    tags = wheel_tags(environment)
    assert tags
    assert all(tag.startswith(tree.musl_tag) for tag in tags), tags
    said = call(environment / "bin/python", "-I", "-c", USE, cwd=environment).stdout
    assert Path(said.strip()).is_relative_to(environment)
    assert said.strip().endswith("-linux-musl.so")


def musl_inside() -> tuple[str, tuple[int, ...]]:
    """The version of the musl that the distributions have inside, whole and as `packaging` has."""
    facts = yaml.safe_load((ROOT / "factory/data/components/musl.yaml").read_text())
    version = str(facts["version"])
    return version, tuple(int(part) for part in version.split(".")[:2])


def test_pip_of_the_tree(tree: Tree, tmp_path: Path) -> None:
    said = call(tree.python, "-m", "pip", "debug", "--verbose", cwd=tmp_path).stdout
    tags = [line.strip() for line in said.splitlines()]
    _, (major, minor) = musl_inside()
    assert f"{tree.musl_tag}{major}_{minor}_{MACHINE}" in tags
    assert f"{tree.musl_tag}{major}_{minor + 1}_{MACHINE}" not in tags
    assert "manylinux" not in said


def test_pip_of_a_venv(tree: Tree, tmp_path: Path) -> None:
    call(tree.python, "-m", "venv", "env", cwd=tmp_path)
    call("env/bin/pip", "install", "markupsafe", cwd=tmp_path)
    assert_musl_wheel_works(tmp_path / "env", tree)


def test_uv(tree: Tree, tmp_path: Path) -> None:
    own = {"UV_CACHE_DIR": str(tmp_path / "cache"), "UV_PYTHON_DOWNLOADS": "never"}

    def uv(*arguments: str | Path) -> str:
        return call(find_uv_bin(), *arguments, cwd=tmp_path, environment=own).stdout.strip()

    assert uv("python", "find", tree.python) == str(tree.python)
    assert uv("python", "list", tree.python).split()[0].endswith(f"-linux-{MACHINE}-musl")
    uv("venv", "--python", tree.python, "env")
    uv("pip", "install", "--python", "env", "markupsafe")
    assert_musl_wheel_works(tmp_path / "env", tree)
    told = ("run", "--no-project", "--python", tree.python)
    assert uv(*told, "python", "-c", "import sys; print(sys.executable)") == str(tree.python)
    assert uv(*told, "--with", "markupsafe", "python", "-c", USE).endswith("-linux-musl.so")


def test_uv_project(trees: dict[str, Tree], tmp_path: Path) -> None:
    tree = trees["3.13"]
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "example"\nversion = "1"\n'
        'requires-python = ">=3.13"\ndependencies = ["markupsafe"]\n'
    )
    own = {"UV_CACHE_DIR": str(tmp_path / "cache"), "UV_PYTHON_DOWNLOADS": "never"}
    run = ("run", "--python", tree.python, "python", "-c", USE)
    call(find_uv_bin(), *run, cwd=tmp_path, environment=own)
    assert_musl_wheel_works(tmp_path / ".venv", tree)


def run_module(name: str, *arguments: str | Path, cwd: Path) -> None:
    """Run a tool that is installed beside pytest, with its cache in `cwd`."""
    own = {"VIRTUALENV_OVERRIDE_APP_DATA": str(cwd / "app-data")}
    call(sys.executable, "-m", name, *arguments, cwd=cwd, environment=own)


def test_virtualenv(trees: dict[str, Tree], tmp_path: Path) -> None:
    tree = trees["3.13"]
    run_module("virtualenv", "-p", tree.python, "env", cwd=tmp_path)
    call("env/bin/pip", "install", "markupsafe", cwd=tmp_path)
    assert_musl_wheel_works(tmp_path / "env", tree)


def test_tox(trees: dict[str, Tree], tmp_path: Path) -> None:
    tree = trees["3.13"]
    (tmp_path / "tox.ini").write_text(
        "[tox]\nno_package = true\nenv_list = static\n\n"
        f"[testenv:static]\nbase_python = {tree.python}\ndeps = markupsafe\n"
        'commands = python -c "import markupsafe._speedups"\n'
    )
    run_module("tox", "run", cwd=tmp_path)
    assert_musl_wheel_works(tmp_path / ".tox/static", tree)


def test_nox(trees: dict[str, Tree], tmp_path: Path) -> None:
    tree = trees["3.13"]
    (tmp_path / "noxfile.py").write_text(
        "import nox\n\n"
        f'@nox.session(python="{tree.python}", venv_backend="virtualenv")\n'
        "def static(session):\n"
        '    session.install("markupsafe")\n'
        '    session.run("python", "-c", "import markupsafe._speedups")\n'
    )
    run_module("nox", cwd=tmp_path)
    assert_musl_wheel_works(tmp_path / ".nox/static", tree)


@dataclass(frozen=True, kw_only=True)
class BareHost:
    """A root directory that holds a tree and wheels: no libc, no shell, no program."""

    directory: Path

    def run(self, *argv: str, **variables: str) -> str:
        """Run a program of that root with no variable but these."""
        script = ROOT / "factory/verify/enter_root.py"
        enter = (sys.executable, "-I", str(script), str(self.directory))
        done = subprocess.run(
            [*enter, *argv],
            capture_output=True,
            text=True,
            timeout=300,
            env={"HOME": "/tmp", **variables},
        )
        assert done.returncode == 0, f"{argv}:\n{done.stdout}\n{done.stderr}"
        return done.stdout.strip()


@pytest.fixture(scope="module")
def bare_host(built: dict[str, Distribution], tmp_path_factory: pytest.TempPathFactory) -> BareHost:
    """A bare host with 3.13 in /opt/python and wheels that pip of that tree chose."""
    root = tmp_path_factory.mktemp("bare")
    tree = unpack(built["3.13"], "3.13", root / "opt")
    for name in ("dev", "tmp", "wheels"):
        (root / name).mkdir()
    # A regular file: only some of those who run this may make a device.
    (root / "dev/null").touch()
    fetch = ("pip", "download", "--only-binary", ":all:", "--dest", root / "wheels")
    call(tree.python, "-m", *fetch, "markupsafe", "uv", "virtualenv", cwd=root)
    host = BareHost(directory=root)
    host.run("/opt/python/bin/python3.13", "-m", "venv", "/tmp/tools")
    install = ("-m", "pip", "install", "--no-index", "--find-links", "/wheels")
    host.run("/tmp/tools/bin/python", *install, "uv", "virtualenv")
    return host


def test_pip_without_any_libc(bare_host: BareHost) -> None:
    bare_host.run("/opt/python/bin/python3.13", "-m", "venv", "/tmp/pip")
    install = ("-m", "pip", "install", "--no-index", "--find-links", "/wheels")
    bare_host.run("/tmp/pip/bin/python", *install, "markupsafe")
    assert all("-musllinux_" in tag for tag in wheel_tags(bare_host.directory / "tmp/pip"))
    assert bare_host.run("/tmp/pip/bin/python", "-c", USE).endswith("-linux-musl.so")


def test_uv_without_any_libc(bare_host: BareHost) -> None:
    """The musllinux wheel of uv is a static executable, so it runs there too."""
    uv = "/tmp/tools/bin/uv"
    bare_host.run(uv, "venv", "--python", "/opt/python/bin/python3.13", "/tmp/uv")
    install = ("pip", "install", "--no-index", "--find-links", "/wheels")
    bare_host.run(uv, *install, "--python", "/tmp/uv", "markupsafe")
    assert all("-musllinux_" in tag for tag in wheel_tags(bare_host.directory / "tmp/uv"))
    told = ("run", "--no-project", "--python", "/tmp/uv", "python", "-c", USE)
    assert bare_host.run(uv, *told).endswith("-linux-musl.so")


def test_uv_searches_without_any_libc(bare_host: BareHost) -> None:
    """Before uv searches it wants to know the host's libc, which a bare host cannot tell."""
    found = bare_host.run(
        "/tmp/tools/bin/uv", "python", "find", UV_LIBC="musl", PATH="/opt/python/bin"
    )
    assert found.startswith("/opt/python/bin/python")


def test_virtualenv_without_any_libc(bare_host: BareHost) -> None:
    bare_host.run("/tmp/tools/bin/python", "-m", "virtualenv", "/tmp/virtualenv")
    install = ("-m", "pip", "install", "--no-index", "--find-links", "/wheels")
    bare_host.run("/tmp/virtualenv/bin/python", *install, "markupsafe")
    assert bare_host.run("/tmp/virtualenv/bin/python", "-c", USE).endswith("-linux-musl.so")


ASK_PACKAGING = """
import importlib, json, sys
directory, name, *others = sys.argv[1:]
sys.path.insert(0, directory)
tags = importlib.import_module(f"{name}.tags")
musl = importlib.import_module(f"{name}._musllinux")
print(json.dumps({
    "tags": [str(tag) for tag in tags.sys_tags()],
    "own": musl._get_musl_version(sys.executable),
    "others": [musl._get_musl_version(path) for path in others],
}))
"""


def copy_packaging(form: str, directory: Path, tree: Tree) -> tuple[Path, str]:
    """A copy of `packaging` in one of the forms tools use: an entry for sys.path, and its name."""
    name = "python.packaging" if form == "renamed" else "packaging"
    copy = directory / "copy" / name.replace(".", "/")
    cache = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(packaging.__file__).parent, copy, ignore=cache)
    if form == "sourceless":
        call(tree.python, "-m", "compileall", "-q", "-b", copy, cwd=directory)
        for source in copy.rglob("*.py"):
            source.unlink()
    if form == "zip":
        return Path(shutil.make_archive(str(directory / "z"), "zip", directory / "copy")), name
    return directory / "copy", name


def write_executable(path: Path, interpreter: Path) -> Path:
    """An ELF file that is nothing but a header and the name of a dynamic linker."""
    name = os.fsencode(interpreter) + b"\0"
    ident = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    machine = {"x86_64": 62, "aarch64": 183}[MACHINE]
    header = struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 3, 4, 120, 0, 0, len(name), len(name), 1)
    path.write_bytes(ident + header + segment + name)
    return path


@pytest.mark.parametrize("form", ["source", "sourceless", "renamed", "zip"])
def test_packaging_gets_a_true_answer(tree: Tree, tmp_path: Path, form: str) -> None:
    """For this interpreter; for any other file it answers as it always did."""
    linker = tmp_path / "ld-musl-pretended.so.1"
    linker.write_text("#!/bin/sh\nprintf 'musl libc\\nVersion 1.1.24\\n' >&2\nexit 1\n")
    linker.chmod(0o755)
    others = (
        write_executable(tmp_path / "musl", linker),
        write_executable(tmp_path / "glibc", Path("/lib64/ld-linux-x86-64.so.2")),
        tmp_path / "missing",
    )
    ask = (tree.python, "-I", "-B", "-c", ASK_PACKAGING, *copy_packaging(form, tmp_path, tree))
    said = json.loads(call(*ask, *others, cwd=tmp_path).stdout)
    _, inside = musl_inside()
    assert said["own"] == list(inside)
    assert said["others"] == [[1, 1], None, None]
    platforms = {tag.split("-")[2] for tag in said["tags"]}
    allowed = {f"musllinux_{inside[0]}_{minor}_{MACHINE}" for minor in range(inside[1] + 1)}
    assert platforms == allowed | {f"linux_{MACHINE}", "any"}


def test_standard_library_claims_no_glibc(tree: Tree, tmp_path: Path) -> None:
    program = (
        "import json, platform, sys, sysconfig\n"
        "opened = []\n"
        "sys.addaudithook(lambda event, args: event == 'open' and opened.append(args[0]))\n"
        "found = platform.libc_ver()\n"
        "print(json.dumps([found, sys.executable in opened, sysconfig.get_platform()]))"
    )
    libc, read, host = json.loads(call(tree.python, "-I", "-c", program, cwd=tmp_path).stdout)
    assert host == f"linux-{MACHINE}"
    assert (libc, read) == (["musl", musl_inside()[0]], False)


def test_the_executable_has_the_name_of_its_libc(tree: Tree, tmp_path: Path) -> None:
    """For others that ask for it; 3.13 knows no musl: it finds "libc.so" and leaves it at that."""
    program = "import json, platform, sys; print(json.dumps(platform.libc_ver(sys.executable)))"
    libc = json.loads(call(tree.python, "-I", "-c", program, cwd=tmp_path).stdout)
    assert libc == (["libc", ""] if tree.minor == "3.13" else ["musl", musl_inside()[0]])


COST = """
import sys
found = [name for name, module in sys.modules.items() if getattr(module, "__file__", None)
         and module.__spec__.origin not in ("frozen", "built-in")]
import timeit
setup = "class Module: pass\\nmodule = Module(); module.__name__ = 'email.mime.multipart'"
check = "if module.__name__.endswith('packaging._musllinux'): pass"
print(len(found), min(timeit.repeat(check, setup, number=100_000, repeat=5)) / 100_000)
"""


def test_the_answer_costs_nothing_at_start_up(tree: Tree, tmp_path: Path) -> None:
    """Frozen modules, nearly all of them at start-up, do not even come to the question."""
    modules, seconds = call(tree.python, "-I", "-c", COST, cwd=tmp_path).stdout.split()
    assert int(modules) <= 1  # linecache, for `-c`
    # A program that loads a hundred modules.
    assert 100 * float(seconds) < 0.000_1


def assert_linked_to_musl(module: Path) -> None:
    # musl's own name; the dynamic linker inside the executable takes it for itself.
    assert set(read_elf(module).needed) <= {"libc.so"}
    assert b"GLIBC_" not in module.read_bytes()


def test_pip_compiles_an_extension(
    tree: Tree, tmp_path: Path, zig_environment: dict[str, str]
) -> None:
    call(tree.python, "-m", "venv", "env", cwd=tmp_path)
    # A wheel that pip keeps could be from another compiler.
    install = ("install", "--no-cache-dir", "--no-binary", ":all:", "markupsafe")
    call("env/bin/pip", *install, cwd=tmp_path, environment=zig_environment)
    tag = tree.musl_tag.replace("musllinux_", f"linux_{MACHINE}")
    assert wheel_tags(tmp_path / "env") == [tag]
    module = Path(call("env/bin/python", "-c", USE, cwd=tmp_path).stdout.strip())
    assert_linked_to_musl(module)


SPAM = """
#include <Python.h>
static PyObject *answer(PyObject *self, PyObject *none) { return PyLong_FromLong(42); }
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, NULL}, {NULL}};
static struct PyModuleDef spam = {PyModuleDef_HEAD_INIT, "spam", NULL, -1, methods};
PyMODINIT_FUNC PyInit_spam(void) { return PyModule_Create(&spam); }
"""


def test_headers_and_python_config(
    tree: Tree, tmp_path: Path, zig_environment: dict[str, str]
) -> None:
    config = f"{tree.python}-config"
    (suffix,) = call(config, "--extension-suffix", cwd=tmp_path).stdout.split()
    headers = call(config, "--includes", cwd=tmp_path).stdout.split()
    (tmp_path / "spam.c").write_text(SPAM)
    compiler: Sequence[str] = zig_environment["CC"].split()
    options = ("-shared", "-fPIC", "spam.c", "-o", f"spam{suffix}")
    call(*compiler, *headers, *options, cwd=tmp_path, environment=zig_environment)
    assert_linked_to_musl(tmp_path / f"spam{suffix}")
    said = call(tree.python, "-c", "import spam; print(spam.answer())", cwd=tmp_path).stdout
    assert said == "42\n"
