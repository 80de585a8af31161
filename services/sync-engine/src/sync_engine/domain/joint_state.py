"""A whole joint-state message: parallel lists of names, positions, velocities and efforts."""

from collections.abc import Mapping
from math import isfinite
from typing import Final, NamedTuple

from sync_engine.domain.payload import Json, find, number, pluck
from sync_engine.errors import PayloadRefused
from twin_common.definition.targets import JointStateFields
from twin_schemas.records import Channel, ChannelKind

_PLANS: Final = 64
"""Orders of names remembered; a source has one, or a few."""


class _Wanted(NamedTuple):
    """The numbers of one list that have a channel."""

    label: str
    path: tuple[str, ...]
    items: list[tuple[int, int]]  # place in the list, channel


class JointStateReader:
    """Reads such messages onto the channels of the joints that are mapped; other joints in them are passed
    over.

    Attributes:
        unknown: joints of which the channel table has nothing.
    """

    def __init__(self, fields: JointStateFields, table: Mapping[tuple[str, ChannelKind], Channel]) -> None:
        """Find each joint's channels."""
        self._names = tuple(fields.names.split("."))
        lists = {
            ChannelKind.POSITION: fields.position,
            ChannelKind.VELOCITY: fields.velocity,
            ChannelKind.EFFORT: fields.effort,
        }
        self._lists = [
            (path, tuple(path.split(".")), kind) for kind, path in lists.items() if path is not None
        ]
        self._channels = {
            (name, kind): table[prim, kind].index
            for name, prim in fields.joints.items()
            for _, _, kind in self._lists
            if (prim, kind) in table
        }
        self._plans: dict[tuple[str, ...], list[_Wanted]] = {}
        known = {name for name, _ in self._channels}
        self.unknown = [prim for name, prim in fields.joints.items() if name not in known]

    def __bool__(self) -> bool:
        """False when no joint has a channel."""
        return bool(self._channels)

    def read(self, value: Json) -> list[tuple[int, list[float]]]:
        """One sample for each joint and quantity that is mapped and present; a list may be missing or empty.

        Raises:
            PayloadRefused: `missing_field`, `wrong_shape` or `not_finite`.
        """
        names = pluck(value, self._names)
        if not isinstance(names, list):
            raise self._no_names()
        samples = []
        for label, path, wanted in self._plan(names):
            items = find(value, path, None)
            if items is None or items == []:
                continue
            if not isinstance(items, list) or len(items) != len(names):
                raise PayloadRefused(
                    "wrong_shape", f"{label} isn't a list of {len(names)} numbers, one for each name"
                )
            for place, channel in wanted:
                item = items[place]
                if type(item) is not float or not isfinite(item):
                    item = number(item, f"{label} of {names[place]}")
                samples.append((channel, [item]))
        if not samples:
            raise PayloadRefused(
                "unmapped", f"none of the joints {', '.join(names)[:200]} is mapped with a value"
            )
        return samples

    def _plan(self, names: list[Json]) -> list[_Wanted]:
        """What to take from lists in this order of names: worked out once."""
        try:
            plan = self._plans.get(order := tuple(names))
        except TypeError:
            raise self._no_names() from None
        if plan is None:
            if not all(isinstance(name, str) for name in names):
                raise self._no_names()
            plan = [
                _Wanted(
                    label,
                    path,
                    [
                        (place, self._channels[name, kind])
                        for place, name in enumerate(names)
                        if (name, kind) in self._channels
                    ],
                )
                for label, path, kind in self._lists
            ]
            if len(self._plans) < _PLANS:
                self._plans[order] = plan
        return plan

    def _no_names(self) -> PayloadRefused:
        return PayloadRefused("wrong_shape", f"{'.'.join(self._names)} isn't a list of joint names")
