from __future__ import annotations

from pathlib import Path

import pytest

from factory.errors import UsageError
from factory.verify.wheels.listed import EMPTY_ROOT, HOST, USES, load_wheels

LIST = """\
quick: [numpy]
packages:
  - name: numpy
    use: numpy.py
  - name: psycopg[binary]
    use: psycopg.py
    compiled: psycopg-binary
    needs:
      - path: /proc
        reason: it looks there
known_failures:
  - package: numpy
    where: empty root
    when: ">=3.14"
    cause: no luck
  - package: psycopg[binary]
    cause: no server
"""


def test_the_list_has_what_was_asked_for() -> None:
    wheels = load_wheels()
    names = {package.name for package in wheels.packages}
    assert {"numpy", "scipy", "pandas", "pydantic", "orjson", "lxml", "cffi"} <= names
    assert {"cryptography", "PyYAML", "Pillow", "greenlet", "msgpack", "MarkupSafe"} <= names
    assert {"uvloop", "aiohttp", "SQLAlchemy", "psutil", "regex", "protobuf", "grpcio"} <= names
    assert {"polars", "pyarrow", "duckdb", "matplotlib", "scikit-learn", "tokenizers"} <= names
    assert {"zstandard", "pyzmq", "shapely", "psycopg[binary]"} <= names
    assert 5 <= len(wheels.chosen(quick=True)) < len(wheels.chosen(quick=False))


def test_every_use_is_listed_once_and_asks_something() -> None:
    listed = [package.use for package in load_wheels().packages]
    assert sorted(listed) == sorted(file for file in USES.glob("*.py") if file.stem != "__init__")
    for file in listed:
        text = file.read_text(encoding="utf-8")
        assert "\ndef probe_" in text, file
        assert "from __future__" not in text, file  # probes need none, they run in 3.11 and newer


def test_a_list_as_written(tmp_path: Path) -> None:
    wheels = load_wheels(written(tmp_path, LIST))
    numpy, psycopg = wheels.packages
    assert (numpy.compiled, numpy.needs) == ("numpy", ())
    assert (psycopg.compiled, psycopg.needs[0].path) == ("psycopg-binary", "/proc")
    assert [package.name for package in wheels.chosen(quick=True)] == ["numpy"]


@pytest.mark.parametrize(
    ("package", "place", "version", "cause"),
    [
        ("numpy", EMPTY_ROOT, "3.14.7", "no luck"),
        ("numpy", EMPTY_ROOT, "3.14.0rc1", "no luck"),
        ("numpy", EMPTY_ROOT, "3.13.15", None),
        ("numpy", HOST, "3.14.7", None),
        ("psycopg[binary]", HOST, "3.13.15", "no server"),
        ("scipy", HOST, "3.13.15", None),
    ],
)
def test_known_failures(
    tmp_path: Path, package: str, place: str, version: str, cause: str | None
) -> None:
    known = load_wheels(written(tmp_path, LIST)).known_failure(package, place, version)
    assert (known.cause if known else None) == cause


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("quick: [numpy]", "quick: [scipy]", "quick: scipy is not among the packages"),
        ("quick: [numpy]", "quick: numpy", "quick: wanted a list"),
        ("quick:", "quickly:", "quickly: unknown key"),
        ("name: psycopg[binary]", "name: numpy", "packages: numpy stands twice"),
        ("name: psycopg[binary]", "name: a b", "packages[1].name: 'a b' is nothing that pip"),
        ("use: psycopg.py", "use: psycopg9.py", "packages[1].use: no such file"),
        ("compiled:", "combined:", "packages[1].combined: unknown key"),
        ("path: /proc", "path: /etc", "packages[1].needs[0].path: an empty root shows /proc"),
        ("reason:", "because:", "packages[1].needs[0].reason: missing"),
        ("package: numpy", "package: scipy", "known_failures[0].package: scipy is not among"),
        ("where: empty root", "where: moon", "known_failures[0].where: wanted 'host' or"),
        ('">=3.14"', '"new"', "known_failures[0].when: Invalid specifier"),
        ("cause: no luck", "reason: no luck", "known_failures[0].cause: missing"),
        (LIST, "quick: []", "packages: missing"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert old in LIST
    with pytest.raises(UsageError) as caught:
        load_wheels(written(tmp_path, LIST.replace(old, new, 1)))
    assert problem in caught.value.message


def written(folder: Path, text: str) -> Path:
    path = folder / "wheels.yaml"
    path.write_text(text, encoding="utf-8")
    return path
