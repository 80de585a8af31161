"""Units that a physical system may report in, and how each becomes SI."""

from __future__ import annotations

import math
from typing import Final, NamedTuple


class Conversion(NamedTuple):
    """`si = value * scale + offset`, in the SI unit `unit`."""

    scale: float
    offset: float
    unit: str


UNITS: Final[dict[str, Conversion]] = {
    "rad": Conversion(1.0, 0.0, "rad"),
    "deg": Conversion(math.pi / 180.0, 0.0, "rad"),
    "rev": Conversion(2.0 * math.pi, 0.0, "rad"),
    "rad/s": Conversion(1.0, 0.0, "rad/s"),
    "deg/s": Conversion(math.pi / 180.0, 0.0, "rad/s"),
    "rpm": Conversion(2.0 * math.pi / 60.0, 0.0, "rad/s"),
    "m": Conversion(1.0, 0.0, "m"),
    "mm": Conversion(1e-3, 0.0, "m"),
    "cm": Conversion(1e-2, 0.0, "m"),
    "m/s": Conversion(1.0, 0.0, "m/s"),
    "mm/s": Conversion(1e-3, 0.0, "m/s"),
    "km/h": Conversion(1.0 / 3.6, 0.0, "m/s"),
    "N": Conversion(1.0, 0.0, "N"),
    "kN": Conversion(1e3, 0.0, "N"),
    "N*m": Conversion(1.0, 0.0, "N*m"),
    "mN*m": Conversion(1e-3, 0.0, "N*m"),
    "K": Conversion(1.0, 0.0, "K"),
    "degC": Conversion(1.0, 273.15, "K"),
    "degF": Conversion(5.0 / 9.0, 273.15 - 32.0 * 5.0 / 9.0, "K"),
    "Pa": Conversion(1.0, 0.0, "Pa"),
    "kPa": Conversion(1e3, 0.0, "Pa"),
    "bar": Conversion(1e5, 0.0, "Pa"),
    "kg": Conversion(1.0, 0.0, "kg"),
    "g": Conversion(1e-3, 0.0, "kg"),
    "A": Conversion(1.0, 0.0, "A"),
    "mA": Conversion(1e-3, 0.0, "A"),
    "V": Conversion(1.0, 0.0, "V"),
    "W": Conversion(1.0, 0.0, "W"),
    "kW": Conversion(1e3, 0.0, "W"),
    "1": Conversion(1.0, 0.0, "1"),
    "%": Conversion(1e-2, 0.0, "1"),
}

TIME_UNITS_NS: Final[dict[str, int]] = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
"""Nanoseconds in each unit that a payload's time may be in."""
