"""One value of a payload as the SI numbers of one channel."""

import math

from sync_engine.domain.payload import Json, number, numbers, pluck
from sync_engine.errors import PayloadRefused
from twin_common.definition import ValueTarget
from twin_common.units import UNITS, Conversion
from twin_schemas.records import Channel, ChannelKind

_SI = Conversion(1.0, 0.0, "")


class Converter:
    """Takes the value at a payload's field and converts it: `(raw * scale + offset)` in the unit, then to
    SI.
    """

    def __init__(self, target: ValueTarget, channel: Channel) -> None:
        """Fold scale, offset and unit into one factor and one addend."""
        unit = UNITS[target.unit] if target.unit is not None else _SI
        self._channel = channel.index
        self._path = tuple(target.field.split(".")) if target.field else None
        self._factor = target.scale * unit.scale
        self._addend = target.offset * unit.scale + unit.offset
        self._is_pose = channel.kind == ChannelKind.POSE
        self._what = target.field or "the value"

    def read(self, value: Json) -> list[tuple[int, list[float]]]:
        """The channel's numbers.

        Raises:
            PayloadRefused: `missing_field`, `wrong_shape` or `not_finite`.
        """
        if self._path is not None:
            value = pluck(value, self._path)
        elif isinstance(value, dict):
            value = pluck(value, ("value",))
        if self._is_pose:
            return [(self._channel, self._pose(value))]
        si = number(value, self._what) * self._factor + self._addend
        if not math.isfinite(si):
            raise PayloadRefused("not_finite", f"{self._what} overflows in SI units")
        return [(self._channel, [si])]

    def _pose(self, value: Json) -> list[float]:
        found = numbers(value, self._what)
        if len(found) != 7:
            raise PayloadRefused(
                "wrong_shape", f"{self._what} has {len(found)} numbers; a pose is x y z qw qx qy qz"
            )
        length = math.hypot(*found[3:])
        position = [item * self._factor + self._addend for item in found[:3]]
        if not (1e-6 < length < math.inf) or not all(map(math.isfinite, position)):
            raise PayloadRefused("not_finite", f"{self._what} has no orientation or overflows in SI units")
        return position + [item / length for item in found[3:]]
