"""One file is a whole Python: what needs sources and data works as the only file in a root."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

import pytest

from factory.verify.empty_root import way_in
from factory.verify.interpreter import Interpreter, Outcome
from tests.integration.conftest import Distribution

pytestmark = pytest.mark.build


@pytest.fixture
def alone(distribution: Distribution, tmp_path: Path) -> Interpreter:
    """The executable in a root directory that has nothing else but /tmp."""
    root = tmp_path / "root"
    for name in ("opt", "tmp"):
        (root / name).mkdir(parents=True)
    shutil.copy2(distribution.single, root / "opt" / "python")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return Interpreter(executable="/opt/python", scratch=scratch, prefix=way_in(root))


def run(python: Interpreter, *arguments: str, stdin: str = "", **environment: str) -> Outcome:
    return python.run(*arguments, stdin=stdin, environment={"TMPDIR": "/tmp", **environment})


def said(python: Interpreter, program: str, **environment: str) -> list[str]:
    outcome = run(python, "-I" if not environment else "-s", "-c", program, **environment)
    return outcome.expect(program).splitlines()


def test_tracebacks_show_source_lines(alone: Interpreter) -> None:
    outcome = run(alone, "-c", "import json; json.loads('{')")
    assert outcome.returncode == 1
    assert '/json/decoder.py", line ' in outcome.stderr
    assert "    return _default_decoder.decode(s)\n" in outcome.stderr
    assert "    obj, end = self.raw_decode(s, idx=_w(s, 0).end())\n" in outcome.stderr


def test_inspect_finds_sources(alone: Interpreter) -> None:
    assert said(
        alone,
        "import inspect, json, linecache, textwrap\n"
        "print(inspect.getsource(json.JSONDecoder).splitlines()[0])\n"
        "print(inspect.getsource(textwrap.dedent).splitlines()[0])\n"
        "print(inspect.getsource(json) == json.__loader__.get_source('json'))\n"
        "print(linecache.getline(json.__file__, 1, vars(json)), end='')",
    ) == [
        "class JSONDecoder(object):",
        "def dedent(text):",
        "True",
        'r"""JSON (JavaScript Object Notation) <https://json.org> is a subset of',
    ]


def test_pdb_shows_lines_of_the_library(alone: Interpreter) -> None:
    program = (
        "import json, pdb\n"
        "debugger = pdb.Pdb(nosigint=True, readrc=False)\n"
        "debugger.runcall(json.loads, '1')"
    )
    outcome = run(alone, "-c", program, stdin="step\nlist\ncontinue\n")
    assert "-> if isinstance(s, str):" in outcome.stdout
    assert "raise JSONDecodeError(" in outcome.stdout


def test_doctest_and_help(alone: Interpreter) -> None:
    program = (
        "import doctest, difflib; r = doctest.testmod(difflib); print(r.failed, r.attempted > 50)"
    )
    assert said(alone, program) == ["0 True"]
    text = run(alone, "-c", "help('json.dumps')").expect("help")
    assert "Serialize ``obj`` to a JSON formatted ``str``." in text


def test_modules_of_the_user_come_first(alone: Interpreter, tmp_path: Path) -> None:
    """As with a library on disk: those beside a script and in PYTHONPATH, and not with -I."""
    place = tmp_path / "root/opt/app"
    place.mkdir()
    (place / "calendar.py").write_text("print('mine')\n")
    (place / "main.py").write_text("import calendar\n")
    assert run(alone, "/opt/app/main.py").expect("a script") == "mine\n"
    assert said(alone, "import calendar", PYTHONPATH="/opt/app") == ["mine"]
    assert run(alone, "-I", "/opt/app/main.py").expect("a script") == ""


def test_modules_say_where_they_would_be(alone: Interpreter) -> None:
    program = (
        "import json, json.decoder as d; print(json.__file__, d.__spec__.origin, json.__path__)"
    )
    file, origin, path = said(alone, program)[0].split()
    assert file.startswith("/opt/lib/python3.")
    assert file.endswith("/json/__init__.py")
    assert origin.endswith("/json/decoder.py")
    assert path == f"['{file.removesuffix('/__init__.py')}']"


def test_modules_are_listed(alone: Interpreter) -> None:
    assert said(
        alone,
        "import pkgutil, json, xml\n"
        "print(sorted({one.name for one in pkgutil.iter_modules(json.__path__)} - {'__main__'}))\n"
        "found = {one.name for one in pkgutil.walk_packages(xml.__path__, 'xml.')}\n"
        "print('xml.etree.ElementTree' in found)\n"
        "print({'abc', 'asyncio', 'zipfile'} <= {m.name for m in pkgutil.iter_modules()})",
    ) == ["['decoder', 'encoder', 'scanner', 'tool']", "True", "True"]


def test_resources_are_read(alone: Interpreter) -> None:
    assert said(
        alone,
        "import pkgutil\n"
        "from importlib.resources import as_file, files\n"
        "print(pkgutil.get_data('pydoc_data', '_pydoc.css')[:2])\n"
        "print(files('venv').joinpath('scripts', 'common', 'activate').is_file())\n"
        "with as_file(files('ensurepip') / '_bundled') as folder:\n"
        "    print([path.suffix for path in folder.iterdir()])",
    ) == ["b'/*'", "True", "['.whl']"]


def test_time_zones(alone: Interpreter) -> None:
    assert said(
        alone,
        "import zoneinfo, datetime\n"
        "print(datetime.datetime(2026, 7, 1, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin')))\n"
        "print(len(zoneinfo.available_timezones()) > 500)",
    ) == ["2026-07-01 00:00:00+02:00", "True"]


def test_time_zones_of_the_host_come_first(
    alone: Interpreter, distribution: Distribution, tmp_path: Path
) -> None:
    zones = tmp_path / "root" / "usr/share/zoneinfo/Europe"
    zones.mkdir(parents=True)
    utc = "import importlib.resources as r, sys\n"
    utc += "sys.stdout.buffer.write(r.files('tzdata.zoneinfo').joinpath('UTC').read_bytes())"
    done = Interpreter(executable=str(distribution.single), scratch=tmp_path).run("-c", utc)
    (zones / "Berlin").write_bytes(done.stdout.encode())
    program = "import zoneinfo, datetime as d\n"
    program += "print(d.datetime(2026, 7, 1, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin')))"
    assert said(alone, program) == ["2026-07-01 00:00:00+00:00"]


def test_certificates_are_the_last_resort(alone: Interpreter, tmp_path: Path) -> None:
    program = (
        "import ssl; paths = ssl.get_default_verify_paths(); "
        "print(ssl.create_default_context().cert_store_stats()['x509_ca'], paths.cafile)"
    )
    number, place = said(alone, program)[0].split()
    assert int(number) > 100
    assert place == "None"
    # What the user or the host says holds, even if it is nothing.
    assert said(alone, program, SSL_CERT_FILE="/tmp/none.pem") == ["0 None"]
    own = tmp_path / "root" / "etc/pki/tls/certs/ca-bundle.crt"
    own.parent.mkdir(parents=True)
    own.write_text("")
    assert said(alone, program) == ["0 /etc/pki/tls/certs/ca-bundle.crt"]


def test_pip_and_environments(alone: Interpreter, tmp_path: Path) -> None:
    assert run(alone, "-m", "pip", "--version").expect("pip").startswith("pip ")
    assert not [path.name for path in (tmp_path / "root" / "tmp").iterdir()]
    for options in ((), ("--copies",)):
        run(alone, "-m", "venv", *options, "/opt/env").expect("venv")
        bin_directory = tmp_path / "root" / "opt/env/bin"
        assert "VIRTUAL_ENV" in (bin_directory / "activate").read_text()
        assert (bin_directory / "python").is_symlink() or options
        inside = Interpreter(
            executable="/opt/env/bin/python", scratch=alone.scratch, prefix=alone.prefix
        )
        version = run(inside, "-m", "pip", "--version").expect("pip of the environment")
        assert " from /opt/env/lib/python3." in version
        shutil.rmtree(tmp_path / "root" / "opt/env")
    run(alone, "-m", "ensurepip").expect("ensurepip")
    assert list((tmp_path / "root" / "opt/lib").glob("python3.*/site-packages/pip"))


def test_packages_beside_the_executable(alone: Interpreter, tmp_path: Path) -> None:
    """Their directory is below that of the library, which is still not on disk."""
    site = tmp_path / "root/opt/lib"
    minor = said(alone, "import sys; print(sys.version_info.minor)")[0]
    place = site / f"python3.{minor}" / "site-packages"
    place.mkdir(parents=True)
    (place / "beside.py").write_text("print(__name__)\n")
    assert said(alone, "import beside") == ["beside"]
    script = f"/opt/lib/python3.{minor}/site-packages/beside.py"
    assert run(alone, script).expect("a script") == "__main__\n"
    program = "import pkgutil; print({'abc', 'beside'} <= {m.name for m in pkgutil.iter_modules()})"
    assert said(alone, program) == ["True"]
    assert run(alone, "-m", "pip", "--version").expect("pip").startswith("pip ")


def test_the_libc_inside_is_a_library(alone: Interpreter) -> None:
    """By the name that CDLL() takes; in a list since 3.14."""
    program = (
        "import ctypes, ctypes.util, os\n"
        "names = getattr(ctypes.util, 'dllist', lambda: ['libc.so'])()\n"
        "print(names[-1], ctypes.CDLL(names[-1]).getpid() == os.getpid())"
    )
    assert said(alone, program) == ["libc.so True"]


def test_a_copied_environment_outlives_a_move(alone: Interpreter, tmp_path: Path) -> None:
    run(alone, "-m", "venv", "--copies", "--without-pip", "/opt/env").expect("venv")
    (tmp_path / "root" / "opt/python").rename(tmp_path / "root" / "opt/elsewhere")
    inside = Interpreter(
        executable="/opt/env/bin/python", scratch=alone.scratch, prefix=alone.prefix
    )
    assert said(inside, "import sys, json; print(sys.prefix)") == ["/opt/env"]


def test_the_prefix_is_beside_the_executable(alone: Interpreter, tmp_path: Path) -> None:
    program = "import sys; print(sys.prefix, sys.exec_prefix, sys.base_prefix)"
    assert said(alone, program) == ["/opt /opt /opt"]
    root = tmp_path / "root"
    for place, prefix in (("bin/python", "/"), ("opt/tool/bin/python", "/opt/tool")):
        (root / place).parent.mkdir(parents=True)
        shutil.copy2(root / "opt/python", root / place)
        moved = Interpreter(executable=f"/{place}", scratch=alone.scratch, prefix=alone.prefix)
        assert said(moved, program) == [" ".join([prefix] * 3)]


def test_a_tree_in_the_root_directory_finds_its_library(
    distribution: Distribution, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    with tarfile.open(distribution.install_only) as tar:
        tar.extractall(tmp_path, filter="data")
    (tmp_path / "python").rename(root)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    python = Interpreter(executable="/bin/python3", scratch=scratch, prefix=way_in(root))
    program = "import sys, os; print(sys.prefix, os.path.exists(os.__file__))"
    assert said(python, program) == ["/ True"]
    assert said(python, "import _testsinglephase as t; print(t.__file__)")[0].startswith("/lib/")
