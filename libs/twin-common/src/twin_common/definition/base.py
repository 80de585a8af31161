"""What all parts of a twin definition have in common."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, WithJsonSchema


class Part(BaseModel):
    """A part of a definition: immutable, finite numbers only, and any key that isn't declared is an error."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True, validate_default=True
    )


def _fraction(value: Any) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Fraction):
        raise ValueError("must be a number or a ratio such as 30000/1001")
    try:
        # A float is taken as it was written (29.97 is 2997/100), not as the nearest binary fraction.
        result = value if isinstance(value, Fraction) else Fraction(str(value).replace(" ", "")[:40])
    except (ValueError, ZeroDivisionError):
        raise ValueError("must be a number or a ratio such as 30000/1001") from None
    if not Fraction(1, 1000) <= result <= 1000:
        raise ValueError("must be between 0.001 and 1000 Hz")
    if max(result.numerator, result.denominator) > 1_000_000:
        raise ValueError("must be a ratio of integers up to 1000000")
    return result


def _plain(value: Fraction) -> int | str:
    return value.numerator if value.denominator == 1 else f"{value.numerator}/{value.denominator}"


Rate = Annotated[
    Fraction,
    BeforeValidator(_fraction),
    PlainSerializer(_plain),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0.001, "maximum": 1000}, {"type": "string"}]}),
]
"""A rate in Hz as an exact ratio: `30`, `29.97` or `30000/1001`."""
