"""Python names for Avro names."""

import re

from twin_schemas.avsc import short_name


def snake(name: str) -> str:
    """``ObservationFrame`` → ``observation_frame``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", short_name(name)).lower()


def module(name: str) -> str:
    """The module in which a type's class lives."""
    return f"twin_schemas.records.{snake(name)}"


def member(symbol: str) -> str:
    """The enum member for a symbol: ``clockCorrected`` → ``CLOCK_CORRECTED``."""
    return snake(symbol).upper()


def symbols(name: str) -> str:
    """The table from an enum's symbols to its members: ``Quality`` → ``QUALITY_OF``."""
    return f"{snake(name).upper()}_OF"
