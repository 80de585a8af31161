"""The channel table that a twin definition's mapping asks for (journal rule 15)."""

from sim_worker.domain.inventory import Inventory, JointMotion
from sim_worker.errors import BadMapping
from twin_common.definition import TwinDefinition
from twin_common.definition.wishes import Wish, wishes
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


def channel_table(definition: TwinDefinition, inventory: Inventory) -> list[Channel]:
    """The channels of a twin, in the order of its definition; two readings of the same value share one.

    A twin without sources observes every joint and every free body.

    Raises:
        BadMapping: a prim isn't there, has no such channel, another unit, or two mappings contradict each other.
    """
    table: dict[tuple[str, ChannelKind], Channel] = {}
    for wish in wishes(definition):
        kind = _kind(wish, inventory)
        unit = _unit(wish, kind, inventory)
        key = (wish.path, kind)
        known = table.get(key)
        if known is None:
            table[key] = Channel(len(table), wish.path, kind, unit, wish.role, window_ns=wish.window_ns)
        elif (known.role, known.window_ns) != (wish.role, wish.window_ns):
            raise BadMapping(
                "channel_conflict",
                f"{wish.where}: {wish.path}.{kind} is mapped twice, with another role or window. "
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


def _kind(wish: Wish, inventory: Inventory) -> ChannelKind:
    attribute = wish.attribute
    if attribute is None:
        attribute = "position" if wish.path in inventory.joints else "pose"
    try:
        return ChannelKind(attribute)
    except ValueError:
        known = ", ".join(member.value for member in ChannelKind)
        raise BadMapping(
            "unknown_channel",
            f"{wish.where}: {wish.path}.{attribute}: no engine simulates {attribute!r}; there are {known}",
        ) from None


def _unit(wish: Wish, kind: ChannelKind, inventory: Inventory) -> str:
    """The SI unit of a channel that exists."""
    motion = inventory.joints.get(wish.path)
    if motion is None and wish.path not in inventory.bodies:
        near = ", ".join(inventory.nearest(wish.path)) or "nothing that moves"
        raise BadMapping(
            "unknown_prim",
            f"{wish.where}: the scene has no joint or body {wish.path}; the nearest are {near}. "
            "Correct the path, or add the prim to the scene.",
        )
    if kind == ChannelKind.POSE:
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
            f"{wish.where}: {wish.path} is a body, which has no {kind}; map its pose, or a joint",
        )
    unit = _JOINT_UNITS[motion, kind]
    if wish.unit is not None and UNITS[wish.unit].unit != unit:
        raise BadMapping(
            "unit_mismatch",
            f"{wish.where}: {wish.path}.{kind} is in {unit}, which {wish.unit} can't be converted to",
        )
    return unit
