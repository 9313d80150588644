from __future__ import annotations

import marshal
import os
import re
import subprocess
import sys
from pathlib import Path
from types import CodeType

import pytest

import factory
from factory.stdlib import freeze
from tests.unit.stdlib.unpacking import unpack

FREEZER = Path(factory.__file__).parent / "stdlib" / "freeze.py"
LIBRARY = {
    "abc.py": "NAME = __name__\n",
    "ntpath.py": "",
    "os.py": "import abc\ndef f(x):\n  return x in {'/', 'a', 'b', 'c', 'd', 'e', 'f'}\n",
    "json/__init__.py": "PLACE = __name__\n",
    "json/decoder.py": '"""Doc."""\nassert __name__, "kept"\n',
    "encodings/__init__.py": "",
    "encodings/utf_8.py": "# -*- coding: latin-1 -*-\nTEXT = '\xe9'\n",
    "_sysconfigdata__linux_x86_64-linux-musl.py": "build_time_vars = {'CC': 'cc'}\n",
    "unittest/__init__.py": "",
    "unittest/test/test_x.py": "",
    "test/__init__.py": "",
    "test/support/__init__.py": "",
    "idlelib/idle.py": "",
    "tkinter/__init__.py": "",
    "turtledemo/chaos.py": "",
    "turtle.py": "",
    "site-packages/pip/__init__.py": "",
    "lib-dynload/x.py": "",
    "config-3.13-x86_64-linux-musl/python-config.py": "",
    "json/not-a-module.py": "this is no Python",
    "README.txt": "",
    "os.pyc": "",
    "importlib/_bootstrap.py": "",
    "importlib/_bootstrap_external.py": "",
    "zipimport.py": "",
    "__hello__.py": "",
    "__phello__/__init__.py": "",
}
MODULES = [
    ("_sysconfigdata__linux_x86_64-linux-musl", False),
    ("abc", False),
    ("encodings", True),
    ("encodings.utf_8", False),
    ("importlib._bootstrap", False),
    ("importlib._bootstrap_external", False),
    ("json", True),
    ("json.decoder", False),
    ("ntpath", False),
    ("os", False),
    ("unittest", True),
    ("zipimport", False),
]
HEADER = """\
#define STRUCT_FOR_STR(NAME, LITERAL) \\
#define STRUCT_FOR_ID(NAME) \\
        STRUCT_FOR_STR(anon_module, "<module>")
        STRUCT_FOR_ID(__name__)
"""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    root = tmp_path / "lib" / "python3"
    for name, text in LIBRARY.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="latin-1")
    return root


def table(output: Path) -> list[tuple[str, int, int, int]]:
    """Read the rows of all modules in frozen.c: name, offset, size, is a package."""
    text = (output / "frozen.c").read_text()
    rows = re.findall(r'\t\{"([^"]+)", \{(0x[0-9a-f]+), (\d+), (\d+)\}, ([01])\},\n', text)
    code = (output / "frozen.bin").read_bytes()
    for _, checksum, offset, size, _ in rows:
        part = code[int(offset) : int(offset) + int(size)]
        assert freeze.checksum(part) == int(checksum, 16)
    return [(name, int(offset), int(size), int(package)) for name, _, offset, size, package in rows]


def frozen_table(output: Path, table: str) -> list[tuple[str, int, int, int]]:
    """Read the rows of one of the tables for FrozenImporter."""
    text = (output / "frozen.c").read_text()
    text = text[text.index(f"{table}[] = {{") :].partition("{0}")[0]
    rows = re.findall(
        r'\t\{\.name = "([^"]+)", \.code = factory_code \+ (\d+), '
        r"\.size = (\d+), \.is_package = ([01])\},\n",
        text,
    )
    assert text.count(".name") == len(rows)
    return [(name, int(offset), int(size), int(package)) for name, offset, size, package in rows]


@pytest.fixture
def header(tmp_path: Path) -> Path:
    file = tmp_path / "strings.h"
    file.write_text(HEADER)
    return file


@pytest.fixture
def output(library: Path, header: Path, tmp_path: Path) -> Path:
    place = tmp_path / "out"
    place.mkdir()
    freeze.main(place, header, library)
    return place


def frozen(output: Path) -> dict[str, CodeType]:
    blob = (output / "frozen.bin").read_bytes()
    parts = {name: blob[at : at + size] for name, at, size, _ in table(output)}
    if sys.version_info < (3, 13):
        return {name: marshal.loads(part) for name, part in parts.items()}
    return {name: unpack(part, ("<module>", "__name__")) for name, part in parts.items()}


def test_which_modules_are_frozen(library: Path) -> None:
    found = [(name, package) for name, _, package in freeze.find_modules(library)]
    assert found == MODULES


def test_the_table_lists_them_in_order(output: Path) -> None:
    assert [(name, bool(package)) for name, _, _, package in table(output)] == MODULES


def test_what_the_start_needs_is_frozen_too(output: Path) -> None:
    rows = frozen_table(output, "at_start")
    assert [name for name, *_ in rows] == ["abc", "encodings", "encodings.utf_8", "os", "ntpath"]
    assert set(rows) <= set(table(output))


def test_the_import_system_is_the_librarys(output: Path) -> None:
    """CPython's table has other names for it."""
    rows = frozen_table(output, "bootstrap")
    modules = {name: row for name, *row in table(output)}
    assert {name: modules[module] for name, module in freeze.BOOTSTRAP.items()} == {
        name: row for name, *row in rows
    }
    assert [name for name, *_ in rows] == [
        *("_frozen_importlib", "_frozen_importlib_external", "zipimport")
    ]


def test_what_cpythons_tests_import_is_there_as_marshal_has_it(output: Path) -> None:
    rows = {name: row for name, *row in frozen_table(output, "for_tests")}
    assert {"__hello__", "__phello__.spam", "__hello_only__"} <= set(rows)
    offset, size, package = rows["__phello_alias__"]
    assert package == 1
    code = marshal.loads((output / "frozen.bin").read_bytes()[offset : offset + size])
    assert code.co_filename == "<frozen __hello__>"
    assert not set(rows) & {name for name, *_ in table(output)}


def test_the_code_of_one_follows_that_of_the_other(output: Path) -> None:
    end = 0
    for _, offset, size, _ in sorted(table(output), key=lambda row: row[1]):
        assert offset == end
        assert size > 0
        assert size % 32 == 0
        end = offset + size
    assert min(offset for _, offset, *_ in frozen_table(output, "for_tests")) == end


def test_what_each_start_needs_is_one_part(output: Path) -> None:
    found = re.search(r"factory_at_start = \{(\w+), 0, (\d+)\};", (output / "frozen.c").read_text())
    assert found is not None
    size = int(found[2])
    parts = {*frozen_table(output, "bootstrap"), *frozen_table(output, "at_start")}
    assert size == sum(size for name, _, size, _ in parts if name != "ntpath")
    assert freeze.checksum((output / "frozen.bin").read_bytes()[:size]) == int(found[1], 16)


def test_every_bit_counts() -> None:
    data = bytes(range(64))
    sums = {freeze.checksum(data)}
    for bit in range(8 * len(data)):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        sums.add(freeze.checksum(bytes(changed)))
    assert len(sums) == 8 * len(data) + 1


def test_the_code_can_be_loaded_and_run(output: Path) -> None:
    codes = frozen(output)
    namespace: dict[str, object] = {"__name__": "abc"}
    exec(codes["abc"], namespace)
    assert namespace["NAME"] == "abc"
    exec(codes["encodings.utf_8"], namespace)
    assert namespace["TEXT"] == "\xe9"
    exec(codes["_sysconfigdata__linux_x86_64-linux-musl"], namespace)
    assert namespace["build_time_vars"] == {"CC": "cc"}
    assert all(isinstance(code, CodeType) for code in codes.values())


def test_file_names_are_those_of_frozen_modules(output: Path, tmp_path: Path) -> None:
    for name, code in frozen(output).items():
        assert code.co_filename == f"<frozen {name}>"
    assert os.fsencode(tmp_path) not in (output / "frozen.bin").read_bytes()


def test_docstrings_and_assertions_stay(output: Path) -> None:
    code = frozen(output)["json.decoder"]
    assert "Doc." in code.co_consts
    assert "kept" in code.co_consts


def test_the_table_ends_with_an_empty_row_in_c(output: Path) -> None:
    text = (output / "frozen.c").read_text()
    assert text.startswith("/* Generated")
    assert '".incbin \\"frozen.bin\\"\\n"' in text
    assert text.count("\t{0}\n}") == 5
    assert text.count("{") == text.count("}")


def test_the_same_bytes_in_two_processes(library: Path, header: Path, tmp_path: Path) -> None:
    outputs = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        subprocess.run(
            [sys.executable, "-s", "-S", "-B", FREEZER, ".", header, library],
            cwd=tmp_path / name,
            env={"PYTHONHASHSEED": "0"},
            check=True,
        )
        outputs.append(
            [(tmp_path / name / file).read_bytes() for file in ("frozen.bin", "frozen.c")]
        )
    assert outputs[0] == outputs[1]
    assert len(table(tmp_path / "one")) == len(MODULES)


def test_modules_of_several_directories_are_in_one_table(
    library: Path, header: Path, tmp_path: Path
) -> None:
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "_factory_library.py").write_text("NAME = __name__\n")
    place = tmp_path / "out"
    place.mkdir()
    freeze.main(place, header, library, tmp_path / "ours")
    names = [name for name, *_ in table(place)]
    assert names == sorted([*(name for name, _ in MODULES), "_factory_library"])
    assert "_factory_library" in frozen(place)
