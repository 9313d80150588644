"""The files that describe a set of artifacts to installers and to people."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from packaging.version import Version

from factory.model.target import Flavor
from factory.publish.collect import Published

Url = Callable[[str], str]
INSTALLER = Path(__file__).with_name("install.sh")

SUMS = "SHA256SUMS"


def index_files(artifacts: Iterable[Published], tag: str, url: Url) -> dict[str, str]:
    """Return every index file by its name; `url` gives the address of a file."""
    found = sorted(artifacts, key=lambda one: (Version(one.python), one.name), reverse=True)
    return {
        "uv.json": _json(uv_index(found, tag, url)),
        "pythons.ndjson": "".join(f"{json.dumps(row)}\n" for row in standalone(found, tag, url)),
        "latest-release.json": _json(latest(tag, url)),
        "index.html": page(found, tag, url("").rstrip("/")),
        "install.sh": INSTALLER.read_text(encoding="utf-8").replace("@URL@", url("").rstrip("/")),
    }


def sums(hashes: dict[str, str]) -> str:
    """Write hashes by file name as sha256sum(1) does, sorted by name."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(hashes.items()))


def read_sums(text: str) -> dict[str, str]:
    """Read such a file."""
    rows = (line.split("  ", 1) for line in text.splitlines())
    return {row[1]: row[0] for row in rows if len(row) == 2}


def uv_index(artifacts: Iterable[Published], tag: str, url: Url) -> dict[str, dict[str, Any]]:
    """Describe the trees as uv's --python-downloads-json-url reads it.

    https://docs.astral.sh/uv/reference/environment/#uv_python_downloads_json_url
    """
    return {
        f"cpython-{one.python}-linux-{one.arch.machine}-musl": {
            "name": "cpython",
            "arch": {"family": one.arch.machine, "variant": None},
            "os": "linux",
            "libc": "musl",
            **_version(one.python),
            "url": url(one.name),
            "sha256": one.sha256,
            "variant": None,
            "build": tag,
        }
        for one in artifacts
        if one.flavor is Flavor.INSTALL_ONLY
    }


def _version(text: str) -> dict[str, Any]:
    version = Version(text)
    prerelease = "".join(map(str, version.pre)) if version.pre else ""
    numbers = {"major": version.major, "minor": version.minor, "patch": version.micro}
    return {**numbers, "prerelease": prerelease}


def standalone(artifacts: Iterable[Published], tag: str, url: Url) -> list[dict[str, Any]]:
    """Describe archives one version a line, as the index of python-build-standalone does.

    https://github.com/astral-sh/versions
    """
    rows: dict[str, dict[str, Any]] = {}
    for one in artifacts:
        row = rows.setdefault(one.python, {"version": f"{one.python}+{tag}", "artifacts": []})
        row["artifacts"].append(
            {
                "platform": one.arch.release_triple,
                "variant": one.flavor.value,
                "archive_format": one.flavor.suffix.removeprefix(".") or None,
                "url": url(one.name),
                "sha256": one.sha256,
            }
        )
    return list(rows.values())


def latest(tag: str, url: Url) -> dict[str, Any]:
    """Say which release is the newest, as python-build-standalone does."""
    return {"version": 1, "tag": tag, "asset_url_prefix": url("").rstrip("/")}


_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Static Pythons</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; }}
body {{ margin: 2rem auto; max-width: 64rem; padding: 0 1rem; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ border-bottom: 1px solid #8884; padding: .4rem .8rem .4rem 0; text-align: left; }}
td:nth-child(4) {{ text-align: right; white-space: nowrap; }}
code {{ font-size: .85em; overflow-wrap: anywhere; }}
pre {{ background: #8882; overflow-x: auto; padding: .8rem; }}
:root {{ color-scheme: light dark; }}
</style>
<h1>Static Pythons</h1>
<p>CPython for Linux as one fully static executable, which loads extension modules.
Release {tag}.</p>
<h2>Install</h2>
<pre>curl -fsSL {address}/install.sh | sh -s -- {minor} ~/python
curl -fsSL {address}/install.sh | sh -s -- {minor} ~/bin single
UV_PYTHON_DOWNLOADS_JSON_URL={address}/uv.json uv python install cpython-{minor}-linux-x86_64-musl
</pre>
<p>Check a download with
<code>sha256sum -c --ignore-missing <a href="{sums}">{sums}</a></code>.</p>
<h2>Files</h2>
<table>
<tr><th>Python<th>architecture<th>file<th>size<th>SHA-256</tr>
{rows}
</table>
</html>
"""
_ROW = (
    '<tr><td>{python}<td>{arch}<td><a href="{link}">{flavor}</a><td>{size} MB'
    "<td><code>{sha256}</code></tr>"
)


def page(artifacts: list[Published], tag: str, address: str) -> str:
    """Write the page for people; its links are relative."""
    rows = "\n".join(
        _ROW.format(
            python=html.escape(one.python),
            arch=one.arch.machine,
            link=html.escape(one.name),
            flavor=one.flavor.value,
            size=f"{one.size / 1e6:.1f}",
            sha256=one.sha256,
        )
        for one in artifacts
    )
    return _PAGE.format(
        tag=html.escape(tag),
        address=html.escape(address),
        minor=artifacts[0].python.rpartition(".")[0],
        sums=SUMS,
        rows=rows,
    )


def _json(data: object) -> str:
    return json.dumps(data, indent=1) + "\n"
