from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from factory.catalog import load_catalog
from factory.errors import SourceError
from factory.model.recipe import Archive, Source
from factory.model.upstream import Numbering, Upstream
from factory.pins.lists import Release, moved, newest, order, pinned
from tests.unit.pins.conftest import (
    apache_listing,
    github_releases,
    github_tags,
    nginx_listing,
    sqlite_page,
)

COMPONENTS = load_catalog().components
PYTHON = load_catalog().python_upstream


def upstream(name: str) -> Upstream:
    found = COMPONENTS[name].upstream
    assert found is not None
    return found


def site(pages: dict[str, str]) -> Callable[[str], str]:
    return pages.__getitem__


def assets(repository: str, name: str, *versions: str) -> str:
    """A list of releases that have one archive each."""
    files = (name.format(version) for version in versions)
    return github_releases(repository, {f"v{number}": {n: b""} for number, n in enumerate(files)})


def directory(name: str, *versions: str) -> str:
    return apache_listing("/x", [name.format(version) for version in versions])


def links(name: str, *versions: str) -> str:
    """A page for people."""
    names = (name.format(version) for version in versions)
    return "\n".join(f'<li><a href="releases/{n}">{n}</a> <a href="{n}.asc">sig</a>' for n in names)


ZLIB, XZ, OPENSSL = "zlib-{}.tar.gz", "xz-{}.tar.xz", "openssl-{}.tar.gz"
PAGES = [
    ("zlib", "1.3", directory(ZLIB, "1.2.9", "1.2.13", "1.2.5.3", "1.3")),
    ("zlib", "1.3.10", directory(ZLIB, "1.3.10", "1.3.11.1", "1.3.9")),
    ("xz", "5.8.10", assets("x/xz", XZ, "5.9.1", "5.8.11beta", "5.8.9", "5.8.10")),
    ("openssl", "3.5.10", assets("x/o", OPENSSL, "4.0.1", "3.5.11-beta1", "3.5.9", "3.5.10")),
    ("libffi", "3.9.0", assets("x/f", "libffi-{}.tar.gz", "3.9.1-rc1", "3.9.0", "3.8.0")),
    (
        "zstd",
        "1.5.8",
        assets("x/z", "zstd-{}", "1.5.8.tar.gz", "1.5.8.tar.zst", "v1.5.9.zip"),
    ),
    ("mimalloc", "2.2.10", github_tags("x/m", ["v3.2.1", "v2.2.10", "v2.2.9", "v2.3.0-rc1"])),
    ("sqlite", "3.54.1", sqlite_page("2027", "3540100", "3.54.1", b"")),
    ("ncurses", "6.6+20260711", directory("ncurses-6.6-{}.tgz", "20260704", "20260711", "2026.p")),
    ("libedit", "20260903-3.1", links("libedit-{}.tar.gz", "20260903-3.1", "20251016-3.1")),
    ("musl", "1.2.10", links("musl-{}.tar.gz", "1.2.10", "1.2.7")),
    ("mpdecimal", "4.0.2", links("mpdecimal-{}.tar.gz", "4.0.2", "2.5.1")),
    ("bzip2", "1.0.8", directory("bzip2-{}", "1.0.8.tar.gz", "1.0.8.tar.gz.sig", "latest.tar.gz")),
]


@pytest.mark.parametrize(("name", "version", "page"), PAGES)
def test_the_newest_of_a_list(name: str, version: str, page: str) -> None:
    facts = upstream(name)
    found = newest(facts, site({facts.index: page}))
    assert found.version == version
    assert facts.numbering.version(found.spelled) == version


def test_every_list_of_one_page_is_tried() -> None:
    flat = {name for name in COMPONENTS if upstream(name).folders is None}
    assert {name for name, _, _ in PAGES} == flat


def test_a_gnu_directory() -> None:
    facts = Upstream(index="https://ftp.example/", pattern=r"gdbm-(?P<version>\d+\.\d+)\.tar\.gz")
    names = ["gdbm-1.9.tar.gz", "gdbm-1.26.tar.gz", "gdbm-latest.tar.gz"]
    assert newest(facts, site({facts.index: apache_listing("/gnu", names)})).version == "1.26"


def python(minor: str) -> Upstream:
    assert PYTHON is not None
    return replace(PYTHON, within=f"=={minor}.*")


def test_a_folder_that_has_candidates_only_is_passed_over() -> None:
    facts = python("3.14")
    pages = {
        facts.index: nginx_listing(
            "/ftp/python/", ["2.0.1/", "3.14.9/", "3.14.10/", "3.14.11/", "3.15.0/", "doc/"]
        ),
        f"{facts.index}3.14.11/": nginx_listing("/x", ["Python-3.14.11rc1.tar.xz"]),
        f"{facts.index}3.14.10/": nginx_listing("/x", ["Python-3.14.10.tar.xz", "amd64/"]),
    }
    found = newest(facts, site(pages))
    assert found == Release(version="3.14.10", spelled="3.14.10", folder="3.14.10")


def test_a_folder_of_several_versions() -> None:
    facts = upstream("libuuid")
    pages = {
        facts.index: nginx_listing("/x", ["v2.9/", "v2.42/", "v2.43/"]),
        f"{facts.index}v2.43/": nginx_listing(
            "/x",
            ["util-linux-2.43.tar.xz", "util-linux-2.43.1.tar.xz", "util-linux-2.43-rc1.tar.xz"],
        ),
    }
    assert newest(facts, site(pages)) == Release(version="2.43.1", spelled="2.43.1", folder="2.43")


@pytest.mark.parametrize("page", ["", "<html>moved</html>", nginx_listing("/", ["3.13.9/"])])
def test_a_list_without_a_release(page: str) -> None:
    facts = python("3.14")
    with pytest.raises(SourceError, match="lists nothing like Python-") as caught:
        newest(facts, lambda url: page)
    assert "change 'upstream'" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("number", "version"),
    [("3530400", "3.53.4"), ("3080000", "3.8.0"), ("3530401", "3.53.4.1"), ("3400100", "3.40.1")],
)
def test_how_sqlite_spells(number: str, version: str) -> None:
    assert Numbering.SQLITE.version(number) == version


def test_versions_are_ordered_by_their_numbers() -> None:
    for lower, higher in (
        ("3.13.9", "3.13.10"),
        ("1.3", "1.3.1"),
        ("20250104-3.1", "20251016-3.1"),
        ("6.6+20260608", "6.6+20260711"),
        ("6.6+20260711", "6.7+20260101"),
    ):
        assert order(lower) < order(higher)


def new_urls(source: Source, facts: Upstream, new: Release) -> list[str]:
    old = pinned(source, facts)
    return [moved(url, facts, old, new) for one in source.archives for url in one.urls]


def source(version: str, *urls: str) -> Source:
    archive = Archive(sha256="0" * 64, size=1, urls=urls)
    return Source(name="x", version=version, archives=(archive,))


@pytest.mark.parametrize(
    ("name", "old", "urls", "new", "expected"),
    [
        (
            "zlib",
            "1.3.2",
            [
                "https://zlib.net/zlib-1.3.2.tar.gz",
                "https://github.com/madler/zlib/releases/download/v1.3.2/zlib-1.3.2.tar.gz",
            ],
            Release(version="1.3.10", spelled="1.3.10"),
            [
                "https://zlib.net/zlib-1.3.10.tar.gz",
                "https://github.com/madler/zlib/releases/download/v1.3.10/zlib-1.3.10.tar.gz",
            ],
        ),
        (
            "libuuid",
            "2.42",
            ["https://www.kernel.org/util-linux/v2.42/util-linux-2.42.tar.xz"],
            Release(version="2.42.1", spelled="2.42.1", folder="2.42"),
            ["https://www.kernel.org/util-linux/v2.42/util-linux-2.42.1.tar.xz"],
        ),
        (
            "libuuid",
            "2.42.4",
            ["https://www.kernel.org/util-linux/v2.42/util-linux-2.42.4.tar.xz"],
            Release(version="2.43", spelled="2.43", folder="2.43"),
            ["https://www.kernel.org/util-linux/v2.43/util-linux-2.43.tar.xz"],
        ),
        (
            "sqlite",
            "3.53.4",
            ["https://www.sqlite.org/2026/sqlite-src-3530400.zip"],
            Release(version="3.54.0", spelled="3540000", folder="2027"),
            ["https://www.sqlite.org/2027/sqlite-src-3540000.zip"],
        ),
        (
            "libffi",
            "3.8",
            [
                "https://github.com/libffi/libffi/releases/download/v3.8/libffi-3.8.tar.gz",
                "https://github.com/libffi/libffi/archive/refs/tags/v3.8.tar.gz",
            ],
            Release(version="3.9.0", spelled="3.9.0"),
            [
                "https://github.com/libffi/libffi/releases/download/v3.9.0/libffi-3.9.0.tar.gz",
                "https://github.com/libffi/libffi/archive/refs/tags/v3.9.0.tar.gz",
            ],
        ),
    ],
)
def test_new_addresses(
    name: str, old: str, urls: list[str], new: Release, expected: list[str]
) -> None:
    assert new_urls(source(old, *urls), upstream(name), new) == expected


def test_an_address_that_names_no_version() -> None:
    with pytest.raises(SourceError, match=r"/latest does not name the version 1\.3\.2"):
        new_urls(
            source("1.3.2", "https://zlib.net/zlib-1.3.2.tar.gz", "https://zlib.net/latest"),
            upstream("zlib"),
            Release(version="1.3.3", spelled="1.3.3"),
        )


def test_every_pin_finds_itself() -> None:
    """So the patterns of the real facts fit the real addresses."""
    assert PYTHON is not None
    for component in COMPONENTS.values():
        assert (
            pinned(component.source, upstream(component.name)).version == component.source.version
        )
    for release in load_catalog().releases:
        found = pinned(release.source, PYTHON)
        assert (found.version, found.folder) == (release.version, release.version)
