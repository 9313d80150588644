"""Use orjson: read and write JSON, dates, numbers, broken input."""

import datetime
import json

import orjson


def probe_json() -> str:
    """Both directions agree with the standard library."""
    data = {"é": [1, 2.5, None, True, "\N{SNOWMAN}\n"], "n": {str(n): n for n in range(2000)}}
    text = orjson.dumps(data, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)
    assert json.loads(text) == data == orjson.loads(text)
    day = datetime.datetime(2024, 2, 29, 12, tzinfo=datetime.UTC)
    assert orjson.dumps(day) == b'"2024-02-29T12:00:00+00:00"'
    try:
        orjson.loads('{"a": [1, 2')
    except orjson.JSONDecodeError:
        return "round trips agree with json; broken input is refused"
    raise AssertionError("broken input was accepted")
