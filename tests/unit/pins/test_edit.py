from __future__ import annotations

import difflib
from pathlib import Path

import pytest
import yaml

from factory.catalog import DATA, load_catalog
from factory.errors import UsageError
from factory.model.recipe import Archive, Source
from factory.pins.edit import repinned
from factory.pins.selection import Pin, pins

PINS = pins(load_catalog(), DATA)
NEW, SIZE = "99.1", 4711


def renewed(source: Source) -> dict[str, Archive]:
    """New bytes for every archive that upstream has."""
    return {
        archive.sha256: Archive(
            sha256=f"{number:064x}",
            size=SIZE + number,
            urls=tuple(f"https://new.example/{n}/{number}" for n in range(len(archive.urls))),
        )
        for number, archive in enumerate(source.archives)
        if archive.urls
    }


def rows(text: str) -> list[dict[str, object]]:
    data = yaml.safe_load(text)
    found: list[dict[str, object]] = data.get("releases") or [data]
    return found


@pytest.mark.parametrize("pin", PINS, ids=lambda pin: str(pin.source))
def test_every_file_of_facts_can_be_edited(pin: Pin) -> None:
    """The meaning is the old one but for what was to change, and so is every other line."""
    old, archives = pin.file.read_text(), renewed(pin.source)
    new = repinned(old, pin.source, NEW, archives)
    (before,) = (row for row in rows(old) if row["version"] == pin.source.version)
    (after,) = (row for row in rows(new) if row["version"] == NEW)
    assert after["archives"] == [
        {"urls": list(one.urls), "sha256": one.sha256, "size": one.size}
        for one in archives.values()
    ]
    same = {"version": None, "archives": None}
    assert after | same == before | same
    others = [row for row in rows(old) if row is not before and row != before]
    assert [row for row in rows(new) if row is not after and row != after] == others
    untouched = set(new.splitlines()) - set(old.splitlines())
    assert all(NEW in line or "new.example" in line or "sha256" in line or "size" in line
               for line in untouched)  # fmt: skip


BEFORE = """\
name: zlib
version: "1.3.2"              # the newest

archives:
  # Both addresses have the same bytes.
  - urls:
      - "https://zlib.net/zlib-1.3.2.tar.gz"    # upstream's
      - 'https://mirror.example/zlib-1.3.2.tar.gz'
    debian: main/z/zlib/zlib_1.3.2.orig.tar.gz
    sha256: "{a}"    # checked
    size: 1337    # as listed
  # Debian repacks:
  # without contrib/.
  - debian: main/z/zlib/zlib_1.3.dfsg.orig.tar.gz
    sha256: "{b}"
    size: 1295859
build: direct    # as it is
""".format(a="a" * 64, b="b" * 64)

AFTER = """\
name: zlib
version: "1.3.3"              # the newest

archives:
  # Both addresses have the same bytes.
  - urls:
      - "https://zlib.net/zlib-1.3.3.tar.gz"    # upstream's
      - 'https://mirror.example/zlib-1.3.3.tar.gz'
    sha256: "{c}"    # checked
    size: 7    # as listed
build: direct    # as it is
""".format(c="c" * 64)

OLD = Source(
    name="zlib",
    version="1.3.2",
    archives=(Archive(sha256="a" * 64, size=1337), Archive(sha256="b" * 64, size=1295859)),
)
URLS = ("https://zlib.net/zlib-1.3.3.tar.gz", "https://mirror.example/zlib-1.3.3.tar.gz")
ARCHIVES = {"a" * 64: Archive(sha256="c" * 64, size=7, urls=URLS)}


def test_comments_and_layout_stay() -> None:
    new = repinned(BEFORE, OLD, "1.3.3", ARCHIVES)
    assert new == AFTER, "\n".join(difflib.ndiff(AFTER.splitlines(), new.splitlines()))


def test_debian_may_stand_first() -> None:
    moved = BEFORE.replace("    debian: main/z/zlib/zlib_1.3.2.orig.tar.gz\n", "").replace(
        "  - urls:", "  - debian: main/z/zlib/zlib_1.3.2.orig.tar.gz\n    urls:"
    )
    assert repinned(moved, OLD, "1.3.3", ARCHIVES) == AFTER


def test_a_file_without_a_last_newline() -> None:
    text = BEFORE.removesuffix("build: direct    # as it is\n").rstrip("\n")
    assert repinned(text, OLD, "1.3.3", ARCHIVES).endswith("    size: 7    # as listed\n")


def test_another_layout_is_refused() -> None:
    text = 'version: "1.3.2"\narchives:\n  - {sha256: "%s", urls: [x]}\n' % ("a" * 64)
    with pytest.raises(UsageError, match="a mapping of one key a line in line 3"):
        repinned(text, OLD, "1.3.3", ARCHIVES)


def test_what_is_selected() -> None:
    catalog, data = load_catalog(), Path("data")

    def named(*names: str, minors: tuple[str, ...] = ()) -> list[str]:
        return [
            f"{one.source.name} {one.source.version}" for one in pins(catalog, data, names, minors)
        ]

    newest = [
        f"cpython {catalog.python(minor).version}"
        for minor in dict.fromkeys(release.minor for release in catalog.releases)
    ]
    everything = named()
    assert everything == [*newest, *(str(one.source) for one in catalog.components.values())]
    assert len(set(newest)) == len(newest) > 3
    assert named("cpython") == newest
    assert named(minors=("3.13", "3.13")) == [f"cpython {catalog.python('3.13').version}"]
    zlib = str(catalog.components["zlib"].source)
    assert named("zlib", minors=("3.13",)) == [f"cpython {catalog.python('3.13').version}", zlib]
    with pytest.raises(UsageError, match="under the name 'zlip'") as caught:
        named("zlip")
    assert caught.value.hint == "did you mean zlib?"
