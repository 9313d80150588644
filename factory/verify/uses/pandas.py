"""Use pandas: group, join, read and write CSV, time zones, missing values."""

import io

import pandas as pd


def probe_tables() -> str:
    """Group, join and pivot."""
    sales = pd.DataFrame({"shop": ["a", "b", "a", "b"], "sum": [1.5, 2.0, 3.5, None]})
    assert sales.groupby("shop")["sum"].sum().to_dict() == {"a": 5.0, "b": 2.0}
    shops = pd.DataFrame({"shop": ["a", "b"], "town": ["Łódź", "Köln"]})
    joined = sales.merge(shops, on="shop").pivot_table("sum", "town", aggfunc="mean")
    assert joined["sum"].to_dict() == {"Köln": 2.0, "Łódź": 2.5}
    return "groups, joins and pivots are right"


def probe_csv() -> str:
    """What is written as CSV and JSON is read back."""
    table = pd.DataFrame({"n": range(1000), "t": [f'x "{n}", ñ' for n in range(1000)]})
    text = table.to_csv(index=False)
    pd.testing.assert_frame_equal(pd.read_csv(io.StringIO(text)), table)
    pd.testing.assert_frame_equal(pd.read_json(io.StringIO(table.to_json())), table)
    return "CSV and JSON come back as they were"


def probe_time() -> str:
    """Resample a series, and follow the clocks of a time zone (tzdata is a wheel too)."""
    days = pd.date_range("2024-03-30", periods=3, freq="D", tz="Europe/Berlin")
    hours = (days[1:] - days[:-1]).total_seconds() / 3600
    assert list(hours) == [24, 23], list(hours)
    minutes = pd.Series(1, index=pd.date_range("2024-01-01", periods=180, freq="min"))
    assert minutes.resample("h").sum().tolist() == [60, 60, 60]
    return "daylight saving and resampling are right"
