"""Use zstandard: one-shot, streams, dictionaries, broken input."""

import io

import zstandard


def probe_compression() -> str:
    """Round trips in every way, with threads too."""
    data = b"".join(b"line %d of the text\n" % n for n in range(50_000))
    for level, threads in ((1, 0), (19, 0), (3, 2)):
        packed = zstandard.ZstdCompressor(level=level, threads=threads).compress(data)
        assert len(packed) < len(data) / 4
        assert zstandard.ZstdDecompressor().decompress(packed) == data
    with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(packed)) as reader:
        assert reader.read() == data
    samples = [b"name=%d;town=%d" % (n, n % 7) for n in range(2000)]
    learnt = zstandard.train_dictionary(4096, samples)
    small = zstandard.ZstdCompressor(dict_data=learnt).compress(samples[5])
    assert zstandard.ZstdDecompressor(dict_data=learnt).decompress(small) == samples[5]
    try:
        zstandard.ZstdDecompressor().decompress(packed[:100] + b"\0" * 100)
    except zstandard.ZstdError:
        return f"round trips with {zstandard.backend}; broken input is refused"
    raise AssertionError("broken input was accepted")
