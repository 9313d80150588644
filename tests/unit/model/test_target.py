from __future__ import annotations

from factory.model.arch import Arch
from factory.model.recipe import PythonRelease, Source
from factory.model.target import Flavor, Target

RELEASE = PythonRelease(
    source=Source(name="cpython", version="3.15.0rc1", archives=()),
    licence="PSF-2.0",
    licence_files=(),
    components=(),
    static_archives=(),
    modules_left_out={},
)


def test_names_of_artifacts() -> None:
    target = Target(python=RELEASE, arch=Arch.AARCH64)
    assert target.label == "3.15.0rc1 aarch64"
    assert [target.artifact_name(flavor) for flavor in Flavor] == [
        "cpython-3.15.0rc1-aarch64-unknown-linux-musl-install_only.tar.gz",
        "cpython-3.15.0rc1-aarch64-unknown-linux-musl-single",
    ]
