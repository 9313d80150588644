"""Use psycopg with its bundled libpq: no server is here, so adapt values and fail to connect."""

import psycopg
from psycopg import pq, sql


def probe_libpq() -> str:
    """The C implementation is used; SQL is composed; connecting to nowhere is an error."""
    assert pq.__impl__ == "binary", pq.__impl__
    query = sql.SQL("select {} from {}").format(sql.Literal("it's"), sql.Identifier("a b"))
    assert query.as_string(None) == """select 'it''s' from "a b\""""
    try:
        psycopg.connect("host=127.0.0.1 port=1 user=x dbname=x connect_timeout=10")
    except psycopg.OperationalError as error:
        assert "refused" in str(error), error
        return f"libpq {pq.version()}; a refused connection is an OperationalError"
    raise AssertionError("something answered")


def probe_connection_strings() -> str:
    """Libpq itself takes a connection string apart."""
    info = pq.Conninfo.parse(b"host=127.0.0.1 sslmode=verify-full")
    assert {option.keyword: option.val for option in info}[b"sslmode"] == b"verify-full"
    return "connection strings are parsed by libpq"
