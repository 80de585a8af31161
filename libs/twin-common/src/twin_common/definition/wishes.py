"""The channels that a definition's mappings ask for, before a scene says what there is."""

from collections.abc import Iterator
from dataclasses import dataclass

from twin_common.definition.model import TwinDefinition
from twin_common.definition.sources import MqttSource
from twin_common.definition.targets import JointStateTarget, Role, ValueTarget
from twin_schemas.records import ChannelKind, ChannelRole


@dataclass(frozen=True, slots=True)
class Wish:
    """One channel that a mapping asks for.

    Attributes:
        where: in the definition.
        path: of the prim.
        attribute: as the mapping says; None: a joint's position, or else a body's pose.
        role: observed, or an input.
        unit: that the source reports in; None: SI.
        window_ns: over which an input is spread.
    """

    where: str
    path: str
    attribute: str | None
    role: ChannelRole
    unit: str | None
    window_ns: int


def wishes(definition: TwinDefinition) -> Iterator[Wish]:
    """What the mappings ask for, in their order; the same channel may be asked for twice."""
    for index, source in enumerate(definition.sync.sources):
        if not isinstance(source, MqttSource):
            continue
        for key, target in source.mapping.items():
            where = f"sync.sources[{index}].mapping.{key}"
            if isinstance(target, ValueTarget):
                role = ChannelRole(target.effective_role.value)
                window_ns = _window_ns(target.window_ms, role)
                yield Wish(where, target.prim, target.attribute, role, target.unit, window_ns)
            else:
                yield from _joint_state(where, target)


def _joint_state(where: str, target: JointStateTarget) -> Iterator[Wish]:
    fields = target.joint_state
    kinds = [
        (ChannelKind.POSITION, fields.position, Role.OBSERVED),
        (ChannelKind.VELOCITY, fields.velocity, Role.OBSERVED),
        (ChannelKind.EFFORT, fields.effort, fields.effort_role),
    ]
    for name, path in fields.joints.items():
        for kind, present, said in kinds:
            if present is not None:
                role = ChannelRole(said.value)
                window_ns = _window_ns(target.window_ms, role)
                yield Wish(f"{where}.joints.{name}", path, kind.value, role, None, window_ns)


def _window_ns(window_ms: float, role: ChannelRole) -> int:
    return round(window_ms * 1e6) if role == ChannelRole.INPUT else 0
