"""What a message means: which channels it has values for, in SI units, and when they were measured."""

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from sync_engine.domain.conversion import Converter
from sync_engine.domain.joint_state import JointStateReader
from sync_engine.domain.payload import Json, find, source_time
from sync_engine.domain.topics import remainder
from sync_engine.errors import PayloadRefused
from twin_common.definition import JointStateTarget, MqttSource, ValueTarget
from twin_common.units import TIME_UNITS_NS
from twin_schemas.records import Channel, ChannelKind

_TOPICS_REMEMBERED: Final = 4096

Sample = tuple[int, list[float]]
"""Channel index and SI values: 1 number, or 7 of a pose."""


class Mapped(NamedTuple):
    """What a message says.

    Attributes:
        time_ns: the source's own time, ns since the Unix epoch; None: it gave none.
        samples: at least one.
    """

    time_ns: int | None
    samples: list[Sample]


class _Meaning(Protocol):
    def read(self, value: Json) -> list[Sample]: ...


class _Rule(NamedTuple):
    meaning: _Meaning
    time_path: tuple[str, ...] | None
    time_unit_ns: int


class Mapping:
    """One source's mapping onto a twin's channel table.

    Attributes:
        unknown: paths that the table doesn't have; their messages are refused as `unmapped`.
    """

    def __init__(self, source: MqttSource, channels: Sequence[Channel]) -> None:
        """Resolve every target of the source's mapping."""
        table = {(channel.path, channel.kind): channel for channel in channels}
        self.unknown: list[str] = []
        self._filter = source.topic
        self._id_path = tuple(source.id_field.split("."))
        self._rules = {
            key: rule for key, target in source.mapping.items() if (rule := self._rule(target, table))
        }
        self._by_topic: dict[str, _Rule | None] = {}

    def map(self, topic: str, value: Json) -> Mapped:
        """Read a message: by its full topic, else by what the wildcards matched, else by the id in it.

        Raises:
            PayloadRefused: `unmapped`, or whatever is wrong with the payload. Nothing of it may be used then.
        """
        rule = self._by_topic[topic] if topic in self._by_topic else self._look_up(topic)
        if rule is None:
            rule = self._by_id(topic, value)
        samples = rule.meaning.read(value)
        if rule.time_path is None:
            return Mapped(None, samples)
        found = find(value, rule.time_path, None)
        if found is None:
            raise PayloadRefused("bad_time", f"the payload has no time at {'.'.join(rule.time_path)}")
        return Mapped(source_time(found, rule.time_unit_ns), samples)

    def _look_up(self, topic: str) -> _Rule | None:
        rule = self._rules.get(topic) or self._rules.get(remainder(self._filter, topic))
        if len(self._by_topic) < _TOPICS_REMEMBERED:
            self._by_topic[topic] = rule
        return rule

    def _by_id(self, topic: str, value: Json) -> _Rule:
        name = find(value, self._id_path, None)
        rule = self._rules.get(str(name)) if isinstance(name, str | int) else None
        if rule is None:
            raise PayloadRefused(
                "unmapped", f"no mapping for topic {topic[:200]!r} and id {str(name)[:80]!r}"
            )
        return rule

    def _rule(
        self, target: ValueTarget | JointStateTarget, table: dict[tuple[str, ChannelKind], Channel]
    ) -> _Rule | None:
        meaning: _Meaning
        if isinstance(target, JointStateTarget):
            joints = JointStateReader(target.joint_state, table)
            self.unknown += joints.unknown
            if not joints:
                return None
            meaning = joints
        else:
            channel = _channel(target, table)
            if channel is None:
                self.unknown.append(target.target)
                return None
            meaning = Converter(target, channel)
        path = tuple(target.time.split(".")) if target.time else None
        return _Rule(meaning, path, TIME_UNITS_NS[target.time_unit])


def _channel(target: ValueTarget, table: dict[tuple[str, ChannelKind], Channel]) -> Channel | None:
    if target.attribute is None:  # the position of a joint, the pose of anything else
        return table.get((target.prim, ChannelKind.POSITION)) or table.get((target.prim, ChannelKind.POSE))
    try:
        return table.get((target.prim, ChannelKind(target.attribute)))
    except ValueError:
        return None
