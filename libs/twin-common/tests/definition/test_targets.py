"""USD paths and units in mappings."""

import pytest

from twin_common.definition import split_path
from twin_common.units import UNITS


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/World/Arm/elbow.velocity", ("/World/Arm/elbow", "velocity")),
        ("/World/Arm", ("/World/Arm", None)),
        ("/W/E.xformOp:translate", ("/W/E", "xformOp:translate")),
    ],
)
def test_a_path_is_prim_and_attribute(path, expected):
    assert split_path(path) == expected


@pytest.mark.parametrize(
    "bad",
    ["", "World", "/", "/World/", "//World", "/World/1x", "/World.", "/World.a.b", "/W orld.x", "/World\n"],
)
def test_what_is_no_usd_path_is_refused(bad):
    with pytest.raises(ValueError, match=r"USD path|attribute name"):
        split_path(bad)


@pytest.mark.parametrize(
    ("unit", "value", "si"),
    [
        ("deg", 180, 3.141592653589793),
        ("rpm", 60, 6.283185307179586),
        ("degF", 212, 373.15),
        ("degC", 0, 273.15),
        ("km/h", 36, 10),
        ("%", 50, 0.5),
    ],
)
def test_units_become_si(unit, value, si):
    assert value * UNITS[unit].scale + UNITS[unit].offset == pytest.approx(si)
