"""A running twin's state as it is told to those who ask."""

from twin_schemas.records import FoldSnapshot, TwinSpec, TwinState
from twin_sim.fold import ChannelLayout


def present_state(spec: TwinSpec, snapshot: FoldSnapshot, digest: str) -> TwinState:
    """What a twin's state says at one journal offset.

    Args:
        spec: whose.
        snapshot: its complete state.
        digest: of that.
    """
    genesis, layout = snapshot.genesis, ChannelLayout.of(snapshot.genesis.channels)
    names = [f"{channel.path}.{channel.kind.value}" for channel in layout.channels]
    # the newest sample of the ring is the state after the tick, corrections included
    flat = snapshot.ring[-1].values if snapshot.ring else []
    inputs = {names[held.channel]: list(held.values) for held in snapshot.held_inputs}
    observed = {
        names[index]: list(flat[start : start + layout.sizes[index]])
        for index, start in enumerate(layout.starts)
        if start >= 0 and flat
    }
    return TwinState(
        twin=spec.twin,
        org=spec.org,
        name=spec.name,
        revision=genesis.revision,
        incarnation=genesis.incarnation,
        offset=snapshot.offset,
        tick=snapshot.tick,
        time_ns=snapshot.time_ns,
        parameter_version=snapshot.parameter_version,
        values={**inputs, **observed},
        parameters=dict(snapshot.overrides),
        inputs=inputs,
        digest=digest,
    )
