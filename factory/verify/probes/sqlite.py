"""What applications expect of the SQLite library inside."""

from __future__ import annotations

import sqlite3


def _value(*statements: str) -> object:
    connection = sqlite3.connect(":memory:")
    try:
        for statement in statements:
            row = connection.execute(statement).fetchone()
        return row[0]
    finally:
        connection.close()


def _expect(wanted: object, *statements: str) -> str:
    found = _value(*statements)
    if found != wanted:
        raise AssertionError(f"{statements[-1]} gave {found!r}, not {wanted!r}")
    return "works"


def probe_version() -> str:
    """Tell the library's version."""
    return f"SQLite {sqlite3.sqlite_version}"


def probe_full_text_search() -> str:
    """Search with FTS5."""
    return _expect(
        "a static python",
        "create virtual table words using fts5(body)",
        "insert into words values ('a static python'), ('a dynamic snake')",
        "select body from words where words match 'static'",
    )


def probe_rtree() -> str:
    """Find a point in an R-tree."""
    return _expect(
        7,
        "create virtual table boxes using rtree(id, x0, x1, y0, y1)",
        "insert into boxes values (7, 0, 2, 0, 2), (8, 5, 6, 5, 6)",
        "select id from boxes where x0 <= 1 and x1 >= 1 and y0 <= 1 and y1 >= 1",
    )


def probe_json() -> str:
    """Look into JSON."""
    return _expect(3, """select json_extract('{"a": [1, 2, 3]}', '$.a[2]')""")


def probe_math() -> str:
    """Call a math function."""
    return _expect(8.0, "select pow(2, 3)")


def probe_load_extension() -> str:
    """Switch the loading of extensions on and off."""
    connection = sqlite3.connect(":memory:")
    connection.enable_load_extension(True)
    connection.enable_load_extension(False)
    connection.close()
    return "can be enabled"


def probe_threads() -> str:
    """Check that the library was built for use by many threads."""
    if sqlite3.threadsafety != 3:
        raise AssertionError(f"threadsafety is {sqlite3.threadsafety}, not 3 (serialized)")
    return "serialized"
