"""Whether the incarnation in force can go on under another definition (journal rule 21).

Worker and sync engine both ask `served_config`, so that never the one waits for a revision while the other waits for a
request for an incarnation: where it says None, the worker asks for one; else the sync engine writes the revision.
"""

from collections.abc import Sequence

from twin_common.definition.fold_config import NS_PER_S, CommandBounds, fold_config, live_config
from twin_common.definition.model import TwinDefinition
from twin_common.definition.wishes import wishes
from twin_schemas.records import Channel, ChannelKind, ChannelRole, FoldConfig, TwinGenesis, TwinSpec


def served_config(genesis: TwinGenesis, definition: TwinDefinition, spec: TwinSpec) -> FoldConfig | None:
    """What the incarnation in force folds with under a definition; None: it can't go on, another one has to.

    Args:
        genesis: with the revisions applied so far.
        definition: the one that the spec holds.
        spec: what should be.
    """
    has = (genesis.stamps.engine, genesis.stamps.scene_digest, genesis.seed)
    if has != (definition.engine.type.value, spec.scene_digest, spec.seed):
        return None
    # the bounds are settings of services, not of twins: those in force stay
    bounds = CommandBounds(genesis.fold.max_pending, genesis.fold.max_future_ns / NS_PER_S)
    wanted = fold_config(definition, bounds)
    if live_config(genesis.fold, wanted) != wanted or not maps_onto(definition, genesis.channels):
        return None
    return wanted


def maps_onto(definition: TwinDefinition, channels: Sequence[Channel]) -> bool:
    """Whether a definition's mappings ask for exactly these channels, of a scene that has them.

    Without sources every joint and body of the scene is observed, and which those are isn't known here: then a table
    that could be that of such a twin is enough.
    """
    if not definition.sync.sources:
        return all(channel.role == ChannelRole.OBSERVED and not channel.window_ns for channel in channels)
    posed = {channel.path for channel in channels if channel.kind == ChannelKind.POSE}
    asked: dict[tuple[str, str], tuple[ChannelRole, int]] = {}
    for wish in wishes(definition):
        attribute = wish.attribute or ("pose" if wish.path in posed else "position")
        asked.setdefault((wish.path, attribute), (wish.role, wish.window_ns))
    has = [((row.path, row.kind.value), (row.role, row.window_ns)) for row in channels]
    return list(asked.items()) == has
