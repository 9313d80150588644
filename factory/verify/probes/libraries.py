"""One quick use of each library that the executable carries."""

from __future__ import annotations

import bz2
import decimal
import hashlib
import importlib
import lzma
import re
import readline
import sys
import time
import uuid
import zlib
from xml.etree import ElementTree

_DATA = b"static " * 1000


def _round_trip(name: str, packed: bytes, unpacked: bytes) -> str:
    if unpacked != _DATA or len(packed) >= len(_DATA):
        raise AssertionError(f"{name} gave other bytes back")
    return f"{len(_DATA)} bytes became {len(packed)}"


def probe_zlib() -> str:
    """Pack and unpack by zlib."""
    packed = zlib.compress(_DATA)
    return _round_trip("zlib", packed, zlib.decompress(packed))


def probe_bz2() -> str:
    """Pack and unpack by bzip2."""
    packed = bz2.compress(_DATA)
    return _round_trip("bz2", packed, bz2.decompress(packed))


def probe_lzma() -> str:
    """Pack and unpack by xz."""
    packed = lzma.compress(_DATA)
    return _round_trip("lzma", packed, lzma.decompress(packed))


def probe_zstd() -> str:
    """Pack and unpack by Zstandard, which Python has from 3.14 on."""
    if sys.version_info < (3, 14):
        return "not in this Python"
    zstd = importlib.import_module("compression.zstd")
    packed = zstd.compress(_DATA)
    return _round_trip("zstd", packed, zstd.decompress(packed))


def probe_hashlib() -> str:
    """Hash by all guaranteed algorithms and by one that only OpenSSL has."""
    for name in hashlib.algorithms_guaranteed:
        hashlib.new(name, b"abc")
    digest = hashlib.sha256(b"abc").hexdigest()
    if not digest.startswith("ba7816bf"):
        raise AssertionError(f"SHA-256 of abc is {digest}")
    hashlib.new("sha512_256", b"abc")
    hashlib.scrypt(b"word", salt=b"salt", n=16, r=8, p=1)
    return f"{len(hashlib.algorithms_available)} algorithms, scrypt"


def probe_decimal() -> str:
    """Compute by libmpdec, not by the Python fallback."""
    importlib.import_module("_decimal")
    with decimal.localcontext() as context:
        context.prec = 50
        root = decimal.Decimal(2).sqrt()
    if not str(root).startswith("1.41421356237309504880168872420969807856967"):
        raise AssertionError(f"the root of 2 is {root}")
    return f"libmpdec {decimal.__libmpdec_version__}" if _is_c_decimal() else "python"


def _is_c_decimal() -> bool:
    if decimal.Decimal.__module__ != "decimal" or not hasattr(decimal, "__libmpdec_version__"):
        raise AssertionError("decimal is the slow Python one")
    return True


def probe_uuid() -> str:
    """Make a UUID from the clock and one from a name."""
    importlib.import_module("_uuid")
    if uuid.uuid1() == uuid.uuid1():
        raise AssertionError("two equal UUIDs")
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, "localhost"))


def probe_expat() -> str:
    """Parse XML."""
    root = ElementTree.fromstring("<a><b>text</b></a>")
    if root.findtext("b") != "text":
        raise AssertionError("expat lost the text")
    return "XML parsed"


def probe_readline() -> str:
    """Keep a line of history."""
    readline.add_history("print()")
    if readline.get_history_item(readline.get_current_history_length()) != "print()":
        raise AssertionError("history was lost")
    return str(getattr(readline, "backend", "readline"))


def probe_time() -> str:
    """Format a date by libc."""
    text = time.strftime("%A %d %B %Y", time.gmtime(0))
    if text != "Thursday 01 January 1970":
        raise AssertionError(f"strftime gave {text}")
    return text


def probe_regular_expressions() -> str:
    """Match text beyond ASCII."""
    if re.sub(r"\w+", "x", "größe ねこ") != "x x":
        raise AssertionError("\\w does not know Unicode letters")
    return "Unicode"
