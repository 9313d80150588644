from __future__ import annotations

import json
from pathlib import Path

from factory.package.describe import build_details, make_relative, pkg_config

DETAILS = {
    "schema_version": "1.0",
    "base_prefix": "/install",
    "base_interpreter": "/install/bin/python3.14",
    "implementation": {"cache_tag": "cpython-314"},
    "abi": {"flags": []},
    "suffixes": {
        "source": [".py"],
        "extensions": [".cpython-314-x86_64-linux-musl.so", ".abi3.so", ".so"],
    },
    "libpython": {"static": "/install/lib/libpython3.14.a"},
    "c_api": {
        "headers": "/install/include/python3.14",
        "pkgconfig_path": "/install/lib/pkgconfig",
    },
}
PC = "# See: man pkg-config\nprefix=/install\nexec_prefix=${prefix}\nCflags: -I${includedir}\n"


def test_build_details_move_with_the_tree() -> None:
    assert build_details(DETAILS) == {
        "schema_version": "1.0",
        "base_prefix": "../..",
        "base_interpreter": "./bin/python3.14",
        "implementation": {"cache_tag": "cpython-314"},
        "abi": {
            "flags": [],
            "extension_suffix": ".cpython-314-x86_64-linux-musl.so",
            "stable_abi_suffix": ".abi3.so",
        },
        "suffixes": DETAILS["suffixes"],
        "c_api": {"headers": "./include/python3.14", "pkgconfig_path": "./lib/pkgconfig"},
    }


def test_pkg_config_files_move_with_the_tree() -> None:
    text = pkg_config(PC)
    assert "\nprefix=${pcfiledir}/../..\nexec_prefix=${prefix}\n" in text
    assert "/install" not in text


def test_a_tree(tmp_path: Path) -> None:
    library, configs = tmp_path / "lib/python3.14", tmp_path / "lib/pkgconfig"
    library.mkdir(parents=True)
    configs.mkdir()
    (library / "build-details.json").write_text(json.dumps(DETAILS))
    for name in ("python-3.14.pc", "python-3.14-embed.pc"):
        (configs / name).write_text(PC)
    make_relative(tmp_path, library)
    assert json.loads((library / "build-details.json").read_text())["base_prefix"] == "../.."
    assert (configs / "python-3.14.pc").read_text() == pkg_config(PC)
    assert not (configs / "python-3.14-embed.pc").exists()


def test_a_version_without_build_details(tmp_path: Path) -> None:
    make_relative(tmp_path, tmp_path / "lib/python3.13")
    assert not list(tmp_path.iterdir())
