"""Every upstream's pages on this machine, in the forms that they have.

`UPSTREAM` serves the address https://HOST/PATH as /HOST/PATH, to a factory whose facts name that.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Iterator, Sequence

import pytest

from tests.unit.sources.conftest import FileServer


def tar_of(name: str, compression: str = "gz") -> bytes:
    """Make an archive whose bytes depend on its name."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=f"w:{compression}") as tar:  # type: ignore[call-overload]
        content = f"this is {name}\n".encode() * 1000
        info = tarfile.TarInfo(f"{name}/README")
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def zip_of(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as files:
        files.writestr(f"{name}/README", f"this is {name}\n" * 1000)
    return out.getvalue()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def nginx_listing(place: str, names: Sequence[str]) -> str:
    """A directory as www.python.org/ftp and www.kernel.org list it."""
    rows = (f'<a href="{name}">{name}</a>{" " * 40}08-Nov-2026 13:37  24053924' for name in names)
    return (
        f"<html>\r\n<head><title>Index of {place}</title></head>\r\n<body>\r\n"
        f'<h1>Index of {place}</h1><hr><pre><a href="../">../</a>\r\n'
        + "\r\n".join(rows)
        + "\r\n</pre><hr></body>\r\n</html>\r\n"
    )


def apache_listing(place: str, names: Sequence[str]) -> str:
    """A directory as sourceware.org, ftp.gnu.org and invisible-mirror.net list it."""
    rows = (
        f'<tr><td valign="top"><img src="/icons/compressed.gif" alt="[   ]"></td><td>'
        f'<a href="{name}">{name}</a></td><td align="right">2026-06-08 20:12  </td>'
        f'<td align="right">3.6M</td><td>&nbsp;</td></tr>'
        for name in names
    )
    return (
        '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">\n<html>\n <head>\n'
        f"  <title>Index of {place}</title>\n </head>\n <body>\n<h1>Index of {place}</h1>\n"
        '  <table>\n   <tr><th><a href="?C=N;O=D">Name</a></th></tr>\n'
        '<tr><td><a href="/">Parent Directory</a></td></tr>\n'
        + "\n".join(rows)
        + "\n</table>\n</body></html>\n"
    )


def github_releases(repository: str, assets: dict[str, dict[str, bytes]]) -> str:
    """The answer of GitHub's API: releases by tag, with the bytes of their assets by name."""
    base = f"https://github.com/{repository}/releases"
    api = f"https://api.github.com/repos/{repository}"
    return json.dumps(
        [
            {
                "url": f"{api}/releases/{number}",
                "html_url": f"{base}/tag/{tag}",
                "tag_name": tag,
                "draft": False,
                "prerelease": "-" in tag.removeprefix("openssl-"),
                "assets": [
                    {
                        "name": name,
                        "state": "uploaded",
                        "size": len(content),
                        "digest": f"sha256:{sha256(content)}",
                        "uploader": {"login": "releaser", "node_id": "MDQ6VXNlcjE="},
                        "browser_download_url": f"{base}/download/{tag}/{name}",
                    }
                    for name, content in files.items()
                ],
                "tarball_url": f"{api}/tarball/{tag}",
                "body": f"## {tag}\nSee https://example.org/{next(iter(files), '')}",
            }
            for number, (tag, files) in enumerate(assets.items())
        ]
    )


def github_tags(repository: str, tags: Sequence[str]) -> str:
    api = f"https://api.github.com/repos/{repository}"
    return json.dumps(
        [
            {
                "name": tag,
                "zipball_url": f"{api}/zipball/refs/tags/{tag}",
                "tarball_url": f"{api}/tarball/refs/tags/{tag}",
                "commit": {"sha": "0" * 40, "url": f"{api}/commits/{'0' * 40}"},
            }
            for tag in tags
        ]
    )


def sqlite_page(year: str, number: str, version: str, archive: bytes) -> str:
    """sqlite.org/download.html: a table for machines in a comment, links that a script sets."""
    digest = hashlib.sha3_256(archive).hexdigest()
    other = hashlib.sha3_256(b"amalgamation").hexdigest()
    path = f"{year}/sqlite-src-{number}.zip"
    return (
        "<!DOCTYPE html>\n<html><head><title>SQLite Download Page</title></head>\n<body>\n"
        "<!-- Download product data for scripts to read\n"
        "PRODUCT,VERSION,RELATIVE-URL,SIZE-IN-BYTES,SHA3-HASH\n"
        f"PRODUCT,{version},{year}/sqlite-amalgamation-{number}.zip,2914104,{other}\n"
        f"PRODUCT,{version},{path},{len(archive)},{digest}\n -->\n"
        f"<td><a id='a4' href='hp1.html'>sqlite-src-{number}.zip</a><br>(13.88 MiB)</td>\n"
        f"<td>A ZIP archive of the complete source tree.<br>(SHA3-256: {digest})</td>\n"
        f"<script>d391('a4','{path}');</script>\n</body></html>\n"
    )


def spdx(address: str, archive: bytes) -> str:
    """The bill of materials that python.org has beside an archive."""
    return json.dumps(
        {
            "SPDXID": "SPDXRef-DOCUMENT",
            "documentNamespace": f"{address}.spdx.json",
            "packages": [
                {
                    "name": "expat",
                    "checksums": [{"algorithm": "SHA256", "checksumValue": "e" * 64}],
                    "downloadLocation": "https://github.com/libexpat/libexpat/expat-2.8.1.tar.gz",
                },
                {
                    "name": "CPython",
                    "packageFileName": address.rpartition("/")[2],
                    "checksums": [{"algorithm": "SHA256", "checksumValue": sha256(archive)}],
                    "downloadLocation": address,
                },
            ],
        }
    )


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = FileServer()
    yield server
    server.close()
