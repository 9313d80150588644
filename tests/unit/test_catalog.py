from __future__ import annotations

from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from factory.catalog import (
    Catalog,
    Patch,
    Table,
    installed_package,
    load_catalog,
    our_tree,
    patches_root,
)
from factory.errors import MachineError, UsageError
from factory.model.plan import File
from factory.model.recipe import BuildSystem
from factory.model.upstream import Hashes, Upstream

ZLIB = "data/components/zlib.yaml"
CPYTHON = "data/cpython.yaml"
TRAINING = "data/training.yaml"
SERIES = "patches/cpython/series.yaml"


def load(facts: Path) -> Catalog:
    return load_catalog(facts / "data", facts / "patches")


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def refusal(facts: Path) -> str:
    with pytest.raises(UsageError) as caught:
        load(facts)
    return caught.value.message


def test_a_component_as_written(facts: Path) -> None:
    component = load(facts).components["zlib"]
    assert (component.name, component.source.version, component.licence) == (
        "zlib",
        "1.3.2",
        "Zlib",
    )
    assert component.build is BuildSystem.DIRECT
    assert component.libraries == ("z",)
    assert component.options == {"sources": ("adler32.c",), "library": ("libz.a",)}
    (archive,) = component.source.archives
    assert archive.urls == ("https://upstream.invalid/zlib-1.3.2.tar.gz",)
    assert (archive.size, archive.debian_pool) == (1295859, None)


def test_a_release_as_written(facts: Path) -> None:
    newest, older, oldest = load(facts).releases
    assert (newest.version, newest.minor) == ("3.14.7", "3.14")
    assert newest.components == ("zlib", "libedit")
    assert newest.static_archives == ("Modules/expat/libexpat.a",)
    assert newest.modules_left_out == {"_tkinter": "needs X11"}
    assert older.source.archives[0].debian_pool == (
        "main/p/python3.13/python3.13_3.13.15.orig.tar.xz"
    )
    assert (oldest.components, oldest.modules_left_out) == ((), {})


def test_what_is_not_trained_with(facts: Path) -> None:
    catalog = load(facts)
    assert catalog.not_trained_with("3.13.15") == ("test_locale",)
    assert catalog.not_trained_with("3.14.7") == ()


@pytest.mark.parametrize(
    ("name", "old", "new", "problem"),
    [
        (TRAINING, "reason: ", "because: ", "ignored[0].reason: missing"),
        (TRAINING, '"<3.14"', '"before 3.14"', "ignored[0].when"),
        (ZLIB, "licence: Zlib", "license: Zlib", "licence: missing"),
        (ZLIB, "licence: Zlib", "licence: Zlib\nlicense: Zlib", "license: unknown key"),
        (ZLIB, 'version: "1.3.2"', "version: 3.10", "version: wanted a quoted string, found 3.1"),
        (ZLIB, 'version: "1.3.2"', 'version: ""', "version: wanted a quoted string, found ''"),
        (ZLIB, 'version: "1.3.2"', "version: 2024-08-08", "version: wanted a quoted string"),
        (ZLIB, "build: direct", "build: direct\nbuild: direct", "key 'build' stands twice"),
        (ZLIB, "build: direct", "build: cmake", "build: unknown build system 'cmake'; known: auto"),
        (ZLIB, "build: direct", "build: direct\n1: [a]", "1: unknown key"),
        (ZLIB, "    sha256:", "    sha512:", "archives[0].sha256: missing"),
        (ZLIB, 'sha256: "0123', 'sha256: "012', "archives[0].sha256: wanted 64 lower-case hex"),
        (ZLIB, 'abcdef"', 'ABCDEF"', "archives[0].sha256: wanted 64 lower-case hex"),
        (ZLIB, "size: 1295859", "size: 0", "archives[0].size: wanted a positive whole number"),
        (ZLIB, "size: 1295859", "size: true", "archives[0].size: wanted a positive whole number"),
        (ZLIB, "size: 1295859", "bytes: 1295859", "archives[0].size: missing"),
        (ZLIB, "  - urls: [", "  - sites: [", "archives[0].urls: missing, and no 'debian' either"),
        (ZLIB, "libraries: [z]", "libraries: [1.0]", "libraries: wanted a list of quoted strings"),
        (ZLIB, "libraries: [z]", "libraries: z", "libraries: wanted a list of quoted strings"),
        (ZLIB, "libraries: [z]", "depends: [zlip]", "depends: unknown component 'zlip'"),
        (ZLIB, "libraries: [z]", "depends: [libedit]", "depends: goes in a circle"),
        (ZLIB, "  library: [", "  1: [", "options.1: wanted a quoted string as key"),
        (ZLIB, "  library: [", "  library: [1, ", "options.library: wanted a list of quoted"),
        (ZLIB, "options:\n", "options:\n  ? [a]\n  : b\n", "a list or mapping as key"),
        (ZLIB, "options:", "options: [a]\nspare:", "options: wanted a mapping, found list"),
        (ZLIB, "options:", "options: {}\n<<:", "could not determine a constructor"),
        (ZLIB, "name: zlib", "- name: zlib", "expected <block end>"),
        (CPYTHON, "releases:", "release:", "release: unknown key"),
        (CPYTHON, 'version: "3.14.7"', "version: 3.14", "releases[0].version: wanted a quoted"),
        (CPYTHON, 'version: "3.14.7"', 'version: "3.14.x"', "releases[0].version: Invalid version"),
        (CPYTHON, 'version: "3.13.2"', 'version: "3.13.15"', "version 3.13.15 stands twice"),
        (CPYTHON, "[zlib, libedit]", "[zlib, libedot]", "3.14.7: unknown component 'libedot'"),
        (CPYTHON, '"needs X11"', "1", "releases[0].modules_left_out._tkinter: wanted a quoted"),
        (CPYTHON, "    components: [zlib]", "    needs: [zlib]", "releases[1].needs: unknown key"),
        (SERIES, "patches:", "patches: 1\nseries:", "patches: wanted a list, found int"),
        (SERIES, "patches:", "patches: []\nseries:", "series: unknown key"),
        (SERIES, "0002-second", "0003-third", "patches[1].file: no such file"),
        (SERIES, "    when:", "    versions:", "patches[1].versions: unknown key"),
        (SERIES, '">=3.14"', '"3.14 and later"', "patches[1].when: Invalid specifier"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_key(
    facts: Path, name: str, old: str, new: str, problem: str
) -> None:
    replace(facts / name, old, new)
    message = refusal(facts)
    assert message.startswith(f"{facts}/")
    assert problem in message
    if "circle" not in problem:
        assert str(facts / name) in message


UPSTREAM = """
upstream:
  index: "https://upstream.invalid/fossils/"
  folders: 'v(?P<folder>[0-9.]+)/'
  pattern: 'zlib-(?P<version>[0-9.]+)\\.tar\\.gz'
  numbering: plain
  within: "==1.*"
  hashes: {place: "{url}.sha256", when: ">=1.2"}
"""


def test_an_upstream_as_written(facts: Path) -> None:
    with (facts / ZLIB).open("a") as file:
        file.write(UPSTREAM)
    assert load(facts).components["libedit"].upstream is None
    assert load(facts).components["zlib"].upstream == Upstream(
        index="https://upstream.invalid/fossils/",
        pattern=r"zlib-(?P<version>[0-9.]+)\.tar\.gz",
        folders="v(?P<folder>[0-9.]+)/",
        within="==1.*",
        hashes=Hashes(place="{url}.sha256", when=">=1.2"),
    )


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("index:", "page:", "upstream.index: missing"),
        ("(?P<version>[0-9.]+)", "[0-9.]+", "upstream.pattern: has no group (?P<version>...)"),
        ("(?P<version>", "(?P<version", "upstream.pattern: no regular expression: "),
        ("zlib-(", "zlib-ng-(", "upstream.pattern: does not find 1.3.2 in its addresses"),
        ("plain", "sqlite", "upstream.pattern: invalid literal for int()"),
        ("plain", "snapshop", "upstream.numbering: unknown: 'snapshop'; did you mean snapshot?"),
        ("P<folder>", "P<name>", "upstream.folders: has no group (?P<folder>...)"),
        ("==1.*", "==2.*", "upstream.within: 1.3.2, which is pinned, is not"),
        ("==1.*", "one", "upstream.within: Invalid specifier"),
        ("{url}", "{uri}", "upstream.hashes.place: wanted the fields url, directory, index: 'uri'"),
        ("when:", "since:", "upstream.hashes.since: unknown key"),
        ("within:", "without:", "upstream.without: unknown key; did you mean within?"),
    ],
)
def test_a_wrong_upstream(facts: Path, old: str, new: str, problem: str) -> None:
    assert old in UPSTREAM
    with (facts / ZLIB).open("a") as file:
        file.write(UPSTREAM.replace(old, new))
    assert problem in refusal(facts)


def test_a_version_without_order_has_no_range(facts: Path) -> None:
    name = "data/components/libedit.yaml"
    with (facts / name).open("a") as file:
        file.write(
            "upstream:\n  index: https://upstream.invalid/\n"
            "  pattern: 'libedit-(?P<version>[0-9.-]+)\\.tar'\n  within: '>=2025'\n"
        )
    assert "Invalid version: '20250104-3.1'" in refusal(facts)


def test_no_archives_no_build(facts: Path) -> None:
    text = (facts / ZLIB).read_text()
    start, end = text.index("archives:"), text.index("build:")
    (facts / ZLIB).write_text(text[:start] + text[end:])
    assert refusal(facts) == f"{facts / ZLIB}: archives: missing: no hash, no build"


def test_two_files_for_one_component(facts: Path) -> None:
    second = facts / "data/components/zlib2.yaml"
    second.write_text((facts / ZLIB).read_text())
    assert f"{second}: name: 'zlib' stands in another file too" in refusal(facts)


def test_a_circle_of_dependencies_is_shown(facts: Path) -> None:
    replace(facts / ZLIB, "libraries: [z]", "depends: [libedit]")
    assert "zlib -> libedit -> zlib" in refusal(facts) or (
        "libedit -> zlib -> libedit" in refusal(facts)
    )


def test_patches_for_what_is_no_component(facts: Path) -> None:
    (facts / "patches/cpython").rename(facts / "patches/cpyton")
    message = refusal(facts)
    assert str(facts / "patches/cpyton/series.yaml") in message
    assert "unknown component 'cpyton'" in message


def test_a_file_that_is_no_text(facts: Path) -> None:
    (facts / CPYTHON).write_bytes(b"\xff\xfe\x00")
    assert str(facts / CPYTHON) in refusal(facts)


def test_a_missing_or_empty_file(facts: Path, tmp_path: Path) -> None:
    (facts / ZLIB).write_text("")
    assert refusal(facts) == f"{facts / ZLIB}: top level: wanted a mapping, found NoneType"
    with pytest.raises(UsageError, match="No such file"):
        Table.load(tmp_path / "absent.yaml")


@pytest.mark.parametrize(
    ("wanted", "version"),
    [("3.14", "3.14.7"), ("3.13", "3.13.15"), ("3.13.15", "3.13.15"), ("3.13.2", "3.13.2")],
)
def test_a_release_by_minor_or_exact_version(facts: Path, wanted: str, version: str) -> None:
    assert load(facts).python(wanted).version == version


@pytest.mark.parametrize(
    ("wanted", "near"), [("3.13.51", "3.13.15"), ("3.41", "3.14"), ("314", "3.14")]
)
def test_an_unknown_release_has_near_names(facts: Path, wanted: str, near: str) -> None:
    with pytest.raises(UsageError) as caught:
        load(facts).python(wanted)
    assert f"unknown Python version {wanted!r}" in caught.value.message
    assert "known: 3.14, 3.14.7, 3.13, 3.13.15, 3.13.2" in caught.value.message
    assert caught.value.hint is not None
    assert near in caught.value.hint.removeprefix("did you mean ").rstrip("?").split(" or ")


def test_a_release_that_is_near_nothing(facts: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load(facts).python("perl")
    assert caught.value.hint == "see 'factory list'"


def names(files: tuple[File, ...]) -> list[str]:
    return [file.path.name for file in files]


def test_patches_come_in_order_and_for_their_versions(facts: Path) -> None:
    catalog = load(facts)
    both = ["0001-first.patch", "0002-second.patch"]
    assert names(catalog.patches_for("cpython", "3.14.7")) == both
    assert names(catalog.patches_for("cpython", "3.13.15")) == both[:1]
    assert catalog.patches_for("zlib", "1.3.2") == ()


@pytest.mark.parametrize(
    ("when", "version", "applies"),
    [
        ("", "3.13.15", True),
        ("", "20250104-3.1", True),
        (">=3.15", "3.15.0rc1", True),
        (">=3.15", "3.15.0a1", True),
        (">=3.15", "3.14.7", False),
        ("<3.15", "3.15.0rc1", False),
        ("<3.15", "3.14.7", True),
        (">=3.12,<3.14", "3.13.15", True),
        (">=3.12,<3.14", "3.14.0", False),
        ("==3.13.*", "3.13.15", True),
        ("==3.13.*", "3.14.7", False),
        (">=6.5", "6.6+20260608", True),
        ("===20250104-3.1", "20250104-3.1", True),
        ("===20250104-3.1", "20250105-3.1", False),
        ("===1.2.6", "1.2.6", True),
    ],
)
def test_the_range_of_a_patch(when: str, version: str, applies: bool) -> None:
    file = File(path=Path("0001-x.patch"), sha256="0" * 64, into="input/patches/0001-x.patch")
    assert Patch(file=file, versions=SpecifierSet(when)).applies_to(version) is applies


def test_a_range_cannot_be_told_of_a_version_without_order() -> None:
    file = File(path=Path("0001-x.patch"), sha256="0" * 64, into="input/patches/0001-x.patch")
    with pytest.raises(
        UsageError, match=r"0001-x\.patch: when: '>=2025'.*'20250104-3\.1'"
    ) as caught:
        Patch(file=file, versions=SpecifierSet(">=2025")).applies_to("20250104-3.1")
    assert caught.value.hint is not None
    assert '"===20250104-3.1"' in caught.value.hint


def test_files_of_ours_come_sorted_by_their_bytes_and_places(tmp_path: Path) -> None:
    for name in ("b/two.c", "a.c", "b/one.c"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    found = our_tree(tmp_path, "src")
    assert [file.into for file in found] == ["src/a.c", "src/b/one.c", "src/b/two.c"]
    assert len({file.sha256 for file in found}) == 3


def test_the_real_facts_load() -> None:
    catalog = load_catalog()
    assert {"musl", "zlib", "openssl"} <= set(catalog.components)
    assert {"3.13", "3.14"} <= {release.minor for release in catalog.releases}


def test_all_that_is_pinned_says_where_newer_ones_are() -> None:
    catalog = load_catalog()
    assert catalog.python_upstream is not None
    assert [c.name for c in catalog.components.values() if c.upstream is None] == []


def test_a_minor_means_its_newest_release() -> None:
    catalog = load_catalog()
    for release in catalog.releases:
        newest = catalog.python(release.minor)
        assert Version(newest.version) >= Version(release.version)


def test_real_patches_are_for_what_is_built_and_all_are_listed() -> None:
    catalog = load_catalog()
    listed = {patch.file.path for series in catalog.patches.values() for patch in series}
    assert listed
    assert listed == set(patches_root().glob("*/*.patch"))
    for name, series in catalog.patches.items():
        built = (
            [release.version for release in catalog.releases]
            if name == "cpython"
            else [catalog.components[name].source.version]
        )
        for patch in series:
            assert any(patch.applies_to(version) for version in built), patch.file.path


def test_byte_code_is_no_file_of_ours(tmp_path: Path) -> None:
    for name in ("a.c", "b/c.py", "b/__pycache__/c.cpython-311.pyc"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [file.into for file in our_tree(tmp_path, "input")] == ["input/a.c", "input/b/c.py"]


def test_files_of_a_package_beside_the_factory() -> None:
    found = {file.into for file in installed_package("tzdata", "zones", licences="texts")}
    assert {"zones/__init__.py", "zones/zoneinfo/UTC", "texts/LICENSE"} <= found
    assert not [into for into in found if into.endswith(".pyc")]


def test_a_package_that_is_missing() -> None:
    with pytest.raises(MachineError, match="no 'no-such-package' package") as caught:
        installed_package("no-such-package", "zones", licences="texts")
    assert "pip install no-such-package" in (caught.value.hint or "")
