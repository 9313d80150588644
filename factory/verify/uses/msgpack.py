"""Use msgpack with its C packer."""

import datetime

import msgpack
from msgpack import _cmsgpack


def probe_packing() -> str:
    """Round trips, streams, time stamps, broken input."""
    assert msgpack.Packer is _cmsgpack.Packer
    data = {"é": [1, -(2**40), 2.5, None, True, b"\0\xff"], "n": list(range(1000))}
    assert msgpack.unpackb(msgpack.packb(data)) == data
    assert msgpack.packb({"a": 1}) == b"\x81\xa1a\x01"
    stream = msgpack.Unpacker()
    stream.feed(b"".join(msgpack.packb(n) for n in range(100)))
    assert list(stream) == list(range(100))
    day = datetime.datetime(2024, 2, 29, tzinfo=datetime.UTC)
    assert msgpack.unpackb(msgpack.packb(day, datetime=True), timestamp=3) == day
    try:
        msgpack.unpackb(b"\x92\x01")
    except ValueError:
        return "round trips are right; broken input is refused"
    raise AssertionError("broken input was accepted")
