"""Use duckdb: SQL on its own threads, a file of its own, CSV."""

import tempfile
from pathlib import Path

import duckdb


def probe_queries() -> str:
    """Aggregate a million rows; window functions; a regular expression."""
    database = duckdb.connect()
    (row,) = database.sql("select sum(i), count(*) from range(1000000) t(i)").fetchall()
    assert row == (499_999_500_000, 1_000_000)
    ranks = database.sql(
        "select i % 3 k, row_number() over (partition by i % 3 order by i desc) r"
        " from range(9) t(i) where i = 8"
    ).fetchall()
    assert ranks == [(2, 1)]
    assert database.sql("select regexp_extract('café 42', '[0-9]+')").fetchone() == ("42",)
    return "sums, windows and regular expressions are right"


def probe_files() -> str:
    """Write a database and a CSV file, and read both."""
    with tempfile.TemporaryDirectory() as folder:
        with duckdb.connect(str(Path(folder, "x.db"))) as database:
            database.execute("create table t as select i, 'é' || i s from range(1000) t(i)")
            database.execute(f"copy t to '{folder}/t.csv'")
        with duckdb.connect(str(Path(folder, "x.db")), read_only=True) as database:
            query = f"select count(*) from t join read_csv('{folder}/t.csv') using (i, s)"
            assert database.sql(query).fetchone() == (1000,)
    return "a database and a CSV file were written and read"
