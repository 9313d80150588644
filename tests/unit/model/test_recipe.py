from __future__ import annotations

import pytest

from factory.model.recipe import Archive, PythonRelease, Source

RELEASE = PythonRelease(
    source=Source(name="cpython", version="3.15.0rc1", archives=()),
    licence="PSF-2.0",
    licence_files=(),
    components=(),
    static_archives=(),
    modules_left_out={},
)


@pytest.mark.parametrize(
    ("archive", "name"),
    [
        (Archive(sha256="1", size=1, urls=("https://upstream.invalid/a/x-1.tgz",)), "x-1.tgz"),
        (Archive(sha256="1", size=1, debian_pool="main/x/x_1.orig.tar.gz"), "x_1.orig.tar.gz"),
        (
            Archive(sha256="1", size=1, urls=("https://a.invalid/u.gz",), debian_pool="main/d.gz"),
            "u.gz",
        ),
        (Archive(sha256="1", size=1), "1"),
    ],
)
def test_the_name_under_which_people_know_an_archive(archive: Archive, name: str) -> None:
    assert archive.filename == name


def test_versions_of_a_release() -> None:
    assert (RELEASE.version, RELEASE.minor) == ("3.15.0rc1", "3.15")
    assert str(RELEASE.source) == "cpython 3.15.0rc1"
