"""Pack the library's files: embed.py [--without-ca-bundle] OUTPUT LIBRARY TZDATA.

Runs inside the interpreter that is being built (no package of ours is importable there). Writes
`files.bin`, which `_factory_library` reads: the size and the CRC-32 of the index (4 bytes each,
little endian), the index (marshal), and blocks of neighbouring files, each compressed as a whole
(xz with a CRC-32).
"""

import io
import lzma
import marshal
import struct
import sys
import zipfile
import zlib
from pathlib import Path

# Mozilla's certificates, in the wheel of pip that CPython bundles.
CERTIFICATES = "pip/_vendor/certifi/cacert.pem"
# What `freeze.py` leaves on disk, and what means nothing without a tree.
LEFT_OUT = frozenset(
    {"test", "idlelib", "tkinter", "turtledemo", "turtle.py", "site-packages", "lib-dynload"}
    | {"__hello__.py", "__phello__", "build-details.json"}
)
BLOCK = 1 << 19


def find_files(library: Path) -> dict[str, Path]:
    """Map the name of each source and data file to its place, by sorted name."""
    found = {}
    for file in sorted(library.rglob("*")):
        parts = file.relative_to(library).parts
        if file.is_file() and not LEFT_OUT.intersection(parts) and not _of_a_build(parts):
            found["/".join(parts)] = file
    return found


def _of_a_build(parts: tuple[str, ...]) -> bool:
    return parts[0].startswith("config-") or parts[-1].endswith((".pyc", ".a", ".o"))


def content(file: Path) -> bytes:
    """Read a file; a wheel is packed again without compression, which the block does better."""
    if file.suffix != ".whl":
        return file.read_bytes()
    out = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as new:
        for info in old.infolist():
            data = old.read(info)
            info.compress_type = zipfile.ZIP_STORED
            new.writestr(info, data)
    return out.getvalue()


def certificates(library: Path) -> bytes:
    """Take the certificates out of the wheel."""
    (wheel,) = library.glob("ensurepip/_bundled/pip-*.whl")
    with zipfile.ZipFile(wheel) as files:
        return files.read(CERTIFICATES)


def blocks(files: dict[str, bytes]) -> list[list[tuple[str, bytes]]]:
    """Group neighbours of one kind; what is large is alone."""
    groups: list[list[tuple[str, bytes]]] = []
    size, last = BLOCK, ""
    for name, data in files.items():
        kind = _kind(name)
        if size + len(data) > BLOCK or kind != last:
            groups.append([])
            size, last = 0, kind
        groups[-1].append((name, data))
        size += len(data)
    return groups


def _kind(name: str) -> str:
    """What is read together: all time zones, the certificates alone, sources by neighbourhood."""
    top = name.partition("/")[0]
    return top if top in ("tzdata", "certificates.pem") else ""


def compress(data: bytes) -> bytes:
    """Compress with a dictionary as large as the data, which is what reading it will cost."""
    size = max(len(data), 4096)  # the least that liblzma takes
    chosen = {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": size}
    return lzma.compress(data, lzma.FORMAT_XZ, lzma.CHECK_CRC32, filters=[chosen])


def main(output: Path, library: Path, zones: Path, *, ca_bundle: bool) -> None:
    """Write files.bin into `output`."""
    files = {name: content(file) for name, file in find_files(library).items()}
    files |= {f"tzdata/{name}": file.read_bytes() for name, file in find_files(zones).items()}
    if ca_bundle:
        files["certificates.pem"] = certificates(library)
    index: dict[str, tuple[int, int, int]] = {}
    table: list[tuple[int, int]] = []
    packed = bytearray()
    for number, group in enumerate(blocks(files)):
        start = 0
        for name, data in group:
            index[name] = (number, start, start + len(data))
            start += len(data)
        block = compress(b"".join(data for _, data in group))
        table.append((len(packed), len(block)))
        packed += block
    head = marshal.dumps((index, tuple(table)))
    sizes = struct.pack("<2I", len(head), zlib.crc32(head))
    (output / "files.bin").write_bytes(sizes + head + packed)


if __name__ == "__main__":
    refused = sys.argv[1] == "--without-ca-bundle"
    main(*map(Path, sys.argv[-3:]), ca_bundle=not refused)
