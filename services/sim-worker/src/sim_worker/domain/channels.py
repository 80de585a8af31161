"""The channel table that a twin definition's mapping asks for (journal rule 15)."""

from collections.abc import Iterator
from dataclasses import dataclass

from sim_worker.domain.inventory import Inventory, JointMotion
from sim_worker.errors import BadMapping
from twin_common.definition import JointStateTarget, MqttSource, Role, TwinDefinition, ValueTarget
from twin_common.units import UNITS
from twin_schemas.records import Channel, ChannelKind, ChannelRole

_JOINT_UNITS = {
    (JointMotion.ANGULAR, ChannelKind.POSITION): "rad",
    (JointMotion.ANGULAR, ChannelKind.VELOCITY): "rad/s",
    (JointMotion.ANGULAR, ChannelKind.EFFORT): "N*m",
    (JointMotion.LINEAR, ChannelKind.POSITION): "m",
    (JointMotion.LINEAR, ChannelKind.VELOCITY): "m/s",
    (JointMotion.LINEAR, ChannelKind.EFFORT): "N",
}
_POSE_UNIT = "m"


@dataclass(frozen=True, slots=True)
class _Wish:
    """One channel that a mapping asks for, and where it says so."""

    where: str
    path: str
    kind: ChannelKind
    role: ChannelRole
    unit: str | None
    window_ns: int


def channel_table(definition: TwinDefinition, inventory: Inventory) -> list[Channel]:
    """The channels of a twin, in the order of its definition; two readings of the same value share one.

    A twin without sources observes every joint and every free body.

    Raises:
        BadMapping: a prim isn't there, has no such channel, another unit, or two mappings contradict each other.
    """
    table: dict[tuple[str, ChannelKind], Channel] = {}
    for wish in _wishes(definition, inventory):
        unit = _unit(wish, inventory)
        key = (wish.path, wish.kind)
        known = table.get(key)
        if known is None:
            table[key] = Channel(len(table), wish.path, wish.kind, unit, wish.role, window_ns=wish.window_ns)
        elif (known.role, known.window_ns) != (wish.role, wish.window_ns):
            raise BadMapping(
                "channel_conflict",
                f"{wish.where}: {wish.path}.{wish.kind} is mapped twice, with another role or window. "
                "Give both the same, or remove one.",
            )
    return list(table.values()) if definition.sync.sources else _everything(inventory)


def _everything(inventory: Inventory) -> list[Channel]:
    rows: list[Channel] = []
    for path, motion in inventory.joints.items():
        for kind in (ChannelKind.POSITION, ChannelKind.VELOCITY):
            rows.append(Channel(len(rows), path, kind, _JOINT_UNITS[motion, kind], ChannelRole.OBSERVED))
    for path in sorted(inventory.free):
        rows.append(Channel(len(rows), path, ChannelKind.POSE, _POSE_UNIT, ChannelRole.OBSERVED))
    return rows


def _wishes(definition: TwinDefinition, inventory: Inventory) -> Iterator[_Wish]:
    for index, source in enumerate(definition.sync.sources):
        if not isinstance(source, MqttSource):
            continue
        for key, target in source.mapping.items():
            where = f"sync.sources[{index}].mapping.{key}"
            if isinstance(target, ValueTarget):
                yield _value(where, target, inventory)
            else:
                yield from _joint_state(where, target)


def _value(where: str, target: ValueTarget, inventory: Inventory) -> _Wish:
    attribute = target.attribute
    if attribute is None:
        attribute = "position" if target.prim in inventory.joints else "pose"
    try:
        kind = ChannelKind(attribute)
    except ValueError:
        known = ", ".join(member.value for member in ChannelKind)
        raise BadMapping(
            "unknown_channel",
            f"{where}: {target.target}: no engine simulates {attribute!r}; there are {known}",
        ) from None
    role = ChannelRole(target.effective_role.value)
    return _Wish(where, target.prim, kind, role, target.unit, _window_ns(target.window_ms, role))


def _joint_state(where: str, target: JointStateTarget) -> Iterator[_Wish]:
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
                yield _Wish(
                    f"{where}.joints.{name}", path, kind, role, None, _window_ns(target.window_ms, role)
                )


def _window_ns(window_ms: float, role: ChannelRole) -> int:
    return round(window_ms * 1e6) if role == ChannelRole.INPUT else 0


def _unit(wish: _Wish, inventory: Inventory) -> str:
    """The SI unit of a channel that exists."""
    motion = inventory.joints.get(wish.path)
    if motion is None and wish.path not in inventory.bodies:
        near = ", ".join(inventory.nearest(wish.path)) or "nothing that moves"
        raise BadMapping(
            "unknown_prim",
            f"{wish.where}: the scene has no joint or body {wish.path}; the nearest are {near}. "
            "Correct the path, or add the prim to the scene.",
        )
    if wish.kind == ChannelKind.POSE:
        if wish.path not in inventory.bodies:
            raise BadMapping(
                "unknown_channel",
                f"{wish.where}: {wish.path} is a joint, which has no pose; map the pose of a body",
            )
        if wish.role == ChannelRole.INPUT:
            raise BadMapping(
                "unknown_channel", f"{wish.where}: a pose can't drive the model; make it observed"
            )
        return _POSE_UNIT
    if motion is None:
        raise BadMapping(
            "unknown_channel",
            f"{wish.where}: {wish.path} is a body, which has no {wish.kind}; map its pose, or a joint",
        )
    unit = _JOINT_UNITS[motion, wish.kind]
    if wish.unit is not None and UNITS[wish.unit].unit != unit:
        raise BadMapping(
            "unit_mismatch",
            f"{wish.where}: {wish.path}.{wish.kind} is in {unit}, which {wish.unit} can't be converted to",
        )
    return unit
