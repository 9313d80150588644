"""What embed.py packs, the module inside the executable reads."""

from __future__ import annotations

import importlib.resources
import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import factory
from factory.stdlib import embed

PACKAGE = Path(factory.__file__).parent
PROGRAM = PACKAGE / "stdlib" / "embed.py"
CERTIFICATES = b"-----BEGIN CERTIFICATE-----\n"
WHEEL = "ensurepip/_bundled/pip-26.0-py3-none-any.whl"
LIBRARY = {
    "abc.py": b"# source\n",
    "json/__init__.py": b"",
    "json/decoder.py": b"# \xc3\xa4\n",
    "venv/__init__.py": b"",
    "venv/scripts/common/activate": b"# activate\n",
    "large.txt": bytes(range(256)) * 4096,
    "test/test_abc.py": b"",
    "idlelib/__init__.py": b"",
    "site-packages/pip/__init__.py": b"",
    "config-3.13-x86_64-linux-musl/Makefile": b"",
    "__hello__.py": b"",
    "abc.pyc": b"",
}
ZONES = {"__init__.py": b"IANA_VERSION = '2026a'\n", "zoneinfo/Europe/Berlin": b"TZif"}


def written(root: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


@pytest.fixture
def sources(tmp_path: Path) -> tuple[Path, Path]:
    library = written(tmp_path / "lib", LIBRARY)
    (library / WHEEL).parent.mkdir(parents=True)
    with zipfile.ZipFile(library / WHEEL, "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr("pip/__init__.py", "__version__ = '26.0'\n" * 100)
        wheel.writestr(embed.CERTIFICATES, CERTIFICATES)
    return library, written(tmp_path / "tzdata", ZONES)


@pytest.fixture
def library(
    sources: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """The module that is frozen into the executable, over what was packed here."""
    embed.main(tmp_path, *sources, ca_bundle=True)
    data = memoryview((tmp_path / "files.bin").read_bytes())
    stand_in = ModuleType("_factory")
    monkeypatch.setattr(stand_in, "files", lambda: data, raising=False)
    monkeypatch.setitem(sys.modules, "_factory", stand_in)
    monkeypatch.setattr(sys, "_stdlib_dir", "/nowhere/lib/python3")
    monkeypatch.syspath_prepend(str(PACKAGE / "runtime" / "modules"))
    names = ("_factory_library", "_factory_resources")
    yield importlib.import_module(names[0])
    for name in names:
        sys.modules.pop(name, None)


def test_every_file_can_be_read(library: Any) -> None:
    for name in ("abc.py", "json/__init__.py", "json/decoder.py", "large.txt"):
        assert library.read(name) == LIBRARY[name]
    assert library.read("tzdata/zoneinfo/Europe/Berlin") == b"TZif"
    assert library.read("certificates.pem") == CERTIFICATES


def test_what_is_left_out(library: Any) -> None:
    top = set(library.names(""))
    assert {"abc.py", "json", "venv", "large.txt", "ensurepip", "tzdata"} <= top
    left_out = {"test", "idlelib", "site-packages", "__hello__.py", "abc.pyc"}
    assert not top & left_out
    assert not [name for name in top if name.startswith("config-")]


def test_what_is_not_there(library: Any) -> None:
    with pytest.raises(FileNotFoundError, match="no such file inside the executable"):
        library.read("json")
    assert library.is_directory("venv/scripts")
    assert not library.is_directory("venv/script")
    assert not library.is_file("venv/scripts")


def test_the_wheel_is_the_same_but_not_compressed(library: Any, sources: tuple[Path, Path]) -> None:
    with (
        zipfile.ZipFile(sources[0] / WHEEL) as old,
        zipfile.ZipFile(io.BytesIO(library.read(WHEEL))) as new,
    ):
        assert new.namelist() == old.namelist()
        for before, after in zip(old.infolist(), new.infolist(), strict=True):
            assert after.compress_type == zipfile.ZIP_STORED
            assert after.date_time == before.date_time
            assert new.read(after) == old.read(before)


def test_data_comes_from_the_disk_where_it_is_there(library: Any, tmp_path: Path) -> None:
    assert library.get_data("/nowhere/lib/python3/abc.py") == b"# source\n"
    assert library.get_data(str(tmp_path / "lib/abc.py")) == b"# source\n"
    with pytest.raises(FileNotFoundError):
        library.get_data("/elsewhere/abc.py")
    with pytest.raises(FileNotFoundError):
        library.get_data("/nowhere/lib/python3/abd.py")


def test_modules_are_listed(library: Any) -> None:
    assert list(library.iter_modules("/nowhere/lib/python3")) == [
        ("abc", False),
        ("json", True),
        ("tzdata", True),
        ("venv", True),
    ]
    assert list(library.iter_modules("/nowhere/lib/python3/json", "json.")) == [
        ("json.decoder", False)
    ]
    assert list(library.iter_modules("/nowhere/lib/python3/absent")) == []
    assert list(library.iter_modules("/elsewhere")) == []


def test_resources(library: Any) -> None:
    resources = importlib.import_module("_factory_resources")
    venv = resources.get_resource_reader("venv").files()
    assert sorted(one.name for one in venv.iterdir()) == ["__init__.py", "scripts"]
    activate = venv / "scripts" / "common/activate"
    assert activate.is_file()
    assert activate.read_text() == "# activate\n"
    assert activate.open("rb").read() == b"# activate\n"
    assert activate == venv.joinpath("scripts", "common", "activate")
    assert not (venv / "absent").is_file()
    with importlib.resources.as_file(venv / "scripts") as copy:
        assert copy.name == "scripts"
        assert (copy / "common/activate").read_bytes() == b"# activate\n"
    assert resources.get_resource_reader("absent") is None


@pytest.mark.parametrize(
    ("at", "what"),
    [(12, "the list of its files"), (-8, "one of its files")],
    ids=["index", "block"],
)
def test_damage_is_noticed(
    library: Any, monkeypatch: pytest.MonkeyPatch, at: int, what: str
) -> None:
    data = bytearray(library._factory.files())
    data[at] ^= 1
    monkeypatch.setattr(library._factory, "files", lambda: memoryview(data))
    with pytest.raises(OSError, match=f"the executable is damaged: {what} is not what was built"):
        library.read("certificates.pem")


def test_time_zones_are_a_package(library: Any) -> None:
    spec = library.find_spec("tzdata.zoneinfo.Europe")
    assert spec.loader.get_resource_reader(spec.name).files().joinpath("Berlin").is_file()
    assert library.find_spec("tzdata.zoneinfo.Atlantis") is None
    module = ModuleType("tzdata")
    library.find_spec("tzdata").loader.exec_module(module)
    assert module.__dict__["IANA_VERSION"] == "2026a"


def test_pip_comes_out_of_the_wheel(library: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    spec = library.find_spec("pip")
    assert spec.origin.endswith("pip-26.0-py3-none-any.whl/pip/__init__.py")
    monkeypatch.setattr(sys, "prefix", "/a/virtual/environment")
    assert library.find_spec("pip") is None


def test_the_embed_flavor_has_no_pip(
    library: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "link"))
    (tmp_path / "link").symlink_to("python3.13")
    (tmp_path / "python3.13").touch()
    assert library.find_spec("pip")
    (tmp_path / "python3.13._pth").touch()
    assert library.find_spec("pip") is None


def test_certificates_can_be_refused_and_bytes_are_the_same(
    sources: tuple[Path, Path], tmp_path: Path
) -> None:
    outputs = []
    for name, refused in (("a", ()), ("b", ()), ("c", ("--without-ca-bundle",))):
        place = tmp_path / name
        place.mkdir()
        command = (sys.executable, "-s", "-S", "-B", PROGRAM, *refused, place, *sources)
        subprocess.run(command, check=True)
        outputs.append((place / "files.bin").read_bytes())
    assert outputs[0] == outputs[1]
    assert b"certificates.pem" in outputs[0]
    assert b"certificates.pem" not in outputs[2]
