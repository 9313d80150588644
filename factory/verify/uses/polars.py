"""Use polars: lazy queries on its thread pool, joins, CSV, Parquet."""

import io

import polars as pl


def probe_lazy_query() -> str:
    """Group, join and sort a million rows, in parallel."""
    table = pl.LazyFrame({"n": range(1_000_000)}).with_columns(k=pl.col("n") % 3)
    names = pl.LazyFrame({"k": [0, 1, 2], "name": ["zero", "één", "two"]})
    found = (
        table.group_by("k")
        .agg(pl.col("n").sum().alias("sum"), pl.len().alias("rows"))
        .join(names, on="k")
        .sort("k")
        .collect()
    )
    assert found["rows"].to_list() == [333334, 333333, 333333]
    assert found["sum"].sum() == 499_999_500_000
    assert found["name"].to_list() == ["zero", "één", "two"]
    return "a million rows were grouped and joined"


def probe_files() -> str:
    """CSV, Parquet and Arrow's IPC format come back as they were."""
    table = pl.DataFrame({"n": range(1000), "t": [f"é{n}" for n in range(1000)]})
    parquet, ipc = io.BytesIO(), io.BytesIO()
    table.write_parquet(parquet, compression="zstd")
    table.write_ipc(ipc)
    assert pl.read_parquet(parquet.getvalue()).equals(table)
    assert pl.read_ipc(ipc.getvalue()).equals(table)
    assert pl.read_csv(table.write_csv().encode()).equals(table)
    return "CSV, Parquet and IPC come back as they were"
