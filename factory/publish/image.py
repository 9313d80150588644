"""An OCI image that holds nothing but the interpreter, byte for byte the same each time.

https://github.com/opencontainers/image-spec
"""

from __future__ import annotations

import datetime
import gzip
import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from factory.archives import entry, tarfile
from factory.publish.collect import Published

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


@dataclass(frozen=True, kw_only=True)
class Blob:
    """Bytes with their media type."""

    media_type: str
    content: bytes

    @property
    def digest(self) -> str:
        """The name under which registries know it."""
        return f"sha256:{hashlib.sha256(self.content).hexdigest()}"

    def descriptor(self, **more: Any) -> dict[str, Any]:
        """Describe it in a manifest or an index."""
        size = len(self.content)
        return {"mediaType": self.media_type, "digest": self.digest, "size": size, **more}


@dataclass(frozen=True, kw_only=True)
class Image:
    """One architecture of one Python."""

    layer: Blob
    config: Blob
    manifest: Blob
    platform: dict[str, str]


def make_image(artifact: Published, executable: Path, epoch: int) -> Image:
    """Lay out the `single` file as an image: bin/python3.13, links to it, and /tmp."""
    minor = artifact.python.rpartition(".")[0]
    tar = _layer(executable.read_bytes(), f"python{minor}", epoch)
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0) as file:
        file.write(tar)
    layer = Blob(media_type=_LAYER, content=packed.getvalue())
    system, _, machine = artifact.arch.value.oci_platform.partition("/")
    platform = {"os": system, "architecture": machine}
    created = datetime.datetime.fromtimestamp(epoch, datetime.UTC).isoformat()
    labels = {"org.opencontainers.image.version": artifact.python}
    config = _json(
        _CONFIG,
        {
            **platform,
            "created": created,
            "config": {
                "Entrypoint": ["/bin/python3"],
                "Env": ["PATH=/bin"],
                "Labels": labels,
            },
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(tar).hexdigest()}"]},
            "history": [{"created": created, "created_by": artifact.name}],
        },
    )
    manifest = _json(
        MANIFEST,
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": config.descriptor(),
            "layers": [layer.descriptor()],
        },
    )
    return Image(layer=layer, config=config, manifest=manifest, platform=platform)


def make_index(images: list[Image], others: list[dict[str, Any]]) -> Blob:
    """List the images of one Python, and `others`: descriptors of architectures not among them."""
    ours = [image.manifest.descriptor(platform=image.platform) for image in images]
    platforms = [one["platform"] for one in ours]
    kept = [one for one in others if one.get("platform") not in platforms]
    rows = sorted((*ours, *kept), key=lambda one: str(one.get("platform")))
    return _json(INDEX, {"schemaVersion": 2, "mediaType": INDEX, "manifests": rows})


def _layer(executable: bytes, name: str, epoch: int) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for folder, mode in (("bin", 0o755), ("tmp", 0o1777)):
            info = entry(folder, epoch=epoch)
            info.type, info.mode = tarfile.DIRTYPE, mode
            tar.addfile(info)
        info = entry(f"bin/{name}", epoch=epoch, executable=True)
        info.size = len(executable)
        tar.addfile(info, io.BytesIO(executable))
        for link in ("python", "python3"):
            info = entry(f"bin/{link}", epoch=epoch)
            info.type, info.linkname, info.mode = tarfile.SYMTYPE, name, 0o777
            tar.addfile(info)
    return out.getvalue()


def _json(media_type: str, data: dict[str, Any]) -> Blob:
    return Blob(media_type=media_type, content=json.dumps(data, separators=(",", ":")).encode())
