"""What the catalog knows, for people and for machines."""

from __future__ import annotations

from typing import Any

from factory.catalog import Catalog
from factory.model.arch import Arch
from factory.model.recipe import Source
from factory.model.target import Flavor


def describe_all(catalog: Catalog) -> dict[str, Any]:
    """Describe versions, architectures, flavors and components as plain data."""
    return {
        "pythons": [
            {
                "version": release.version,
                "minor": release.minor,
                "licence": release.licence,
                "not_yet": release.not_yet,
                "components": list(release.components),
                "modules_left_out": release.modules_left_out,
                "archives": _archives(release.source),
            }
            for release in catalog.releases
        ],
        "architectures": [
            {"name": arch.machine, "aliases": list(arch.value.aliases), "triple": arch.triple}
            for arch in Arch
        ],
        "flavors": [flavor.value for flavor in Flavor],
        "components": [
            {
                "name": component.name,
                "version": component.source.version,
                "licence": component.licence,
                "archives": _archives(component.source),
            }
            for component in catalog.components.values()
        ],
    }


def listing_text(data: dict[str, Any]) -> str:
    """Lay the description out as text."""
    lines = ["Python versions"]
    for row in data["pythons"]:
        state = f"not yet: {row['not_yet']}" if row["not_yet"] else ""
        lines.append(f"  {row['version']:12} {row['licence']:12} {state}".rstrip())
    lines += ["Architectures"]
    lines += [
        f"  {row['name']:12} also {', '.join(row['aliases'])}" for row in data["architectures"]
    ]
    lines += ["Flavors", *(f"  {name}" for name in data["flavors"]), "Components"]
    lines += [
        f"  {row['name']:12} {row['version']:16} {row['licence']}" for row in data["components"]
    ]
    return "\n".join(lines)


def _archives(source: Source) -> list[dict[str, Any]]:
    return [
        {
            "sha256": archive.sha256,
            "size": archive.size,
            "urls": list(archive.urls),
            "debian_pool": archive.debian_pool,
        }
        for archive in source.archives
    ]
