"""Use pyarrow: Parquet, CSV, compute functions, IPC, time zones."""

import io

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq


def _table() -> pa.Table:
    return pa.table({"n": range(10_000), "t": [f"é{n % 7}" for n in range(10_000)]})


def probe_formats() -> str:
    """Parquet with every codec, CSV and IPC come back as they were."""
    table = _table()
    for codec in ("none", "snappy", "gzip", "brotli", "zstd", "lz4"):
        file = io.BytesIO()
        pq.write_table(table, file, compression=codec)
        assert pq.read_table(io.BytesIO(file.getvalue())).equals(table), codec
    text = io.BytesIO()
    pa.csv.write_csv(table, text)
    assert pa.csv.read_csv(io.BytesIO(text.getvalue())).equals(table)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    assert pa.ipc.open_stream(sink.getvalue()).read_all().equals(table)
    return "Parquet with 6 codecs, CSV and IPC come back as they were"


def probe_compute() -> str:
    """Group, sum and cast."""
    table = _table()
    found = table.group_by("t").aggregate([("n", "sum")]).sort_by("t")
    assert pc.sum(found["n_sum"]).as_py() == sum(range(10_000))
    assert found.num_rows == 7
    assert pc.utf8_upper(table["t"])[1].as_py() == "É1"
    return "groups, sums and text functions are right"
