from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

from factory.model.arch import Arch
from factory.model.target import Flavor
from factory.publish.collect import Published
from factory.publish.image import Image, make_image, make_index

EPOCH = 1735689600


def image(tmp_path: Path, arch: Arch = Arch.X86_64, content: bytes = b"\x7fELF") -> Image:
    (tmp_path / "single").write_bytes(content)
    artifact = Published(
        name="single", python="3.13.15", arch=arch, flavor=Flavor.SINGLE, sha256="", size=4
    )
    return make_image(artifact, tmp_path / "single", EPOCH)


def test_what_is_in_it(tmp_path: Path) -> None:
    made = image(tmp_path)
    tar = gzip.decompress(made.layer.content)
    with tarfile.open(fileobj=io.BytesIO(tar)) as layer:
        found = {one.name: (one.mode, one.mtime, one.linkname) for one in layer}
    assert found == {
        "bin": (0o755, EPOCH, ""),
        "tmp": (0o1777, EPOCH, ""),
        "bin/python3.13": (0o755, EPOCH, ""),
        "bin/python": (0o777, EPOCH, "python3.13"),
        "bin/python3": (0o777, EPOCH, "python3.13"),
    }
    config = json.loads(made.config.content)
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(tar).hexdigest()}"]
    assert (config["os"], config["architecture"]) == ("linux", "amd64")
    assert config["config"]["Entrypoint"] == ["/bin/python3"]
    manifest = json.loads(made.manifest.content)
    assert manifest["config"]["digest"] == made.config.digest
    assert [one["digest"] for one in manifest["layers"]] == [made.layer.digest]
    assert manifest["layers"][0]["size"] == len(made.layer.content)


def test_the_same_bytes_each_time(tmp_path: Path) -> None:
    assert image(tmp_path) == image(tmp_path)
    assert image(tmp_path).manifest.digest != image(tmp_path, content=b"other").manifest.digest


def test_an_index_keeps_other_architectures(tmp_path: Path) -> None:
    intel, arm = image(tmp_path), image(tmp_path, Arch.AARCH64)
    both = make_index([arm], json.loads(make_index([intel], []).content)["manifests"])
    assert both == make_index([intel, arm], [])
    newer = image(tmp_path, content=b"newer")
    rows = json.loads(make_index([newer], json.loads(both.content)["manifests"]).content)
    assert [(one["platform"]["architecture"], one["digest"]) for one in rows["manifests"]] == [
        ("amd64", newer.manifest.digest),
        ("arm64", arm.manifest.digest),
    ]
