from __future__ import annotations

import json
from pathlib import Path

from factory.catalog import load_catalog
from factory.listing import describe_all, listing_text


def test_everything_that_the_catalog_knows(facts: Path) -> None:
    data = describe_all(load_catalog(facts / "data", facts / "patches"))
    assert json.loads(json.dumps(data)) == data
    assert [row["version"] for row in data["pythons"]] == ["3.14.7", "3.13.15", "3.13.2"]
    assert data["pythons"][0]["components"] == ["zlib", "libedit"]
    assert data["pythons"][0]["modules_left_out"] == {"_tkinter": "needs X11"}
    (archive,) = data["pythons"][1]["archives"]
    assert archive["debian_pool"].endswith("python3.13_3.13.15.orig.tar.xz")
    assert (archive["size"], archive["urls"]) == (24053924, [])
    assert [(row["name"], row["version"], row["licence"]) for row in data["components"]] == [
        ("libedit", "20250104-3.1", "BSD-3-Clause"),
        ("zlib", "1.3.2", "Zlib"),
    ]


def test_as_text(facts: Path) -> None:
    lines = listing_text(describe_all(load_catalog(facts / "data", facts / "patches"))).splitlines()
    assert lines == [
        "Python versions",
        "  3.14.7       PSF-2.0",
        "  3.13.15      PSF-2.0",
        "  3.13.2       PSF-2.0",
        "Architectures",
        "  x86_64       also amd64, x64, x86-64",
        "  aarch64      also arm64, armv8",
        "Flavors",
        "  install_only",
        "  single",
        "  embed",
        "Components",
        "  libedit      20250104-3.1     BSD-3-Clause",
        "  zlib         1.3.2            Zlib",
    ]
