from __future__ import annotations

import hashlib

import pytest

from factory.pins.published import published_hashes
from tests.unit.pins.conftest import github_releases, sha256, spdx, sqlite_page

NAME = "zstd-1.5.8.tar.gz"
A, B = "a" * 64, "b" * 64


@pytest.mark.parametrize(
    "text",
    [
        A,
        f"{A}\n",
        A.upper(),
        f"{A}  {NAME}\n",
        f"{A} *{NAME}\n",
        f"{B}  {NAME}.sig\n{A}  ./{NAME}\n{B}  old-{NAME}\n",
        f"SHA256 ({NAME}) = {A}\n",
        f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{B}  x\n{A}  {NAME}\n-----BEGIN PGP",
    ],
)
def test_lines(text: str) -> None:
    assert published_hashes(text, NAME) == {A}


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"{A}  zstd-1.5.7.tar.gz\n",
        f"{A[1:]}  {NAME}",
        f"{A}{B}  {NAME}",  # SHA-512
        f"{A}\n{B}\n",
        f"{A}  {NAME}.sig",
        "<html>404</html>",
    ],
)
def test_no_hash_of_that_file(text: str) -> None:
    assert published_hashes(text, NAME) == frozenset()


def test_github_names_the_digest_of_each_asset() -> None:
    page = github_releases(
        "facebook/zstd",
        {"v1.5.8": {NAME: b"new", f"{NAME}.sig": b"sig"}, "v1.5.7": {"zstd-1.5.7.tar.gz": b"old"}},
    )
    assert published_hashes(page, NAME) == {sha256(b"new")}
    assert published_hashes(page, "zstd-1.5.7.tar.gz") == {sha256(b"old")}
    assert published_hashes(page, "v1.5.8.tar.gz") == frozenset()


def test_a_file_that_a_release_only_talks_about() -> None:
    """What stands in the text of a release says nothing of the hashes of its assets."""
    page = github_releases("x/y", {"v1": {"a.tar.gz": b"a"}}).replace("See ", f"See {NAME} /")
    assert published_hashes(page, NAME) == frozenset()


def test_an_asset_that_has_no_digest_yet() -> None:
    page = github_releases("x/y", {"v1": {NAME: b"a"}})
    page = page.replace(f'"sha256:{sha256(b"a")}"', "null")
    assert published_hashes(page, NAME) == frozenset()


def test_a_bill_of_materials_has_other_packages_too() -> None:
    address = "https://www.python.org/ftp/python/3.14.8/Python-3.14.8.tar.xz"
    assert published_hashes(spdx(address, b"x"), "Python-3.14.8.tar.xz") == {sha256(b"x")}


def test_sqlite() -> None:
    page = sqlite_page("2027", "3540100", "3.54.1", b"zip")
    assert published_hashes(page, "sqlite-src-3540100.zip") == {
        hashlib.sha3_256(b"zip").hexdigest()
    }
