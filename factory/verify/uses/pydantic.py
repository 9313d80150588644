"""Use pydantic: validate, refuse, serialise, JSON schema."""

from datetime import date

from pydantic import BaseModel, Field, TypeAdapter, ValidationError


class Line(BaseModel):
    """One line of an order."""

    name: str = Field(pattern=r"^\w+$")
    amount: int = Field(gt=0)


class Order(BaseModel):
    """An order of several lines."""

    day: date
    lines: list[Line]


def probe_validation() -> str:
    """Good input is converted, bad input is refused with its place."""
    order = Order.model_validate_json(
        '{"day": "2024-02-29", "lines": [{"name": "é", "amount": 2}]}'
    )
    assert order.day == date(2024, 2, 29)
    assert order.model_dump(mode="json")["lines"] == [{"name": "é", "amount": 2}]
    try:
        Order.model_validate({"day": "2023-02-29", "lines": [{"name": "a b", "amount": 0}]})
    except ValidationError as error:
        assert [e["loc"][0] for e in error.errors()] == ["day", "lines", "lines"], error
    else:
        raise AssertionError("bad input was accepted")
    assert TypeAdapter(list[int]).validate_python(["1", 2]) == [1, 2]
    assert "amount" in Line.model_json_schema()["properties"]
    return "validated, refused and serialised"
