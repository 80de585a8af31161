"""A state that another engine build or fold version can go on from (journal rule 19).

Positions, velocities and set points by USD path, and what the fold itself holds for later. What depends on the build
(the engine's bytes, the interpolation ring, the digest chain) is left behind: going on is approximate.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from twin_schemas import codec
from twin_schemas.records import ChannelRole, PortableState, Stamps
from twin_sim.fold.foldable import Carried, Foldable
from twin_sim.fold.state import FoldState


def to_portable(state: FoldState, carried: Carried) -> PortableState:
    """The state after a fold's last tick; `carried` is what its model holds there."""
    channels = state.layout.channels
    return PortableState(
        incarnation=state.genesis.incarnation,
        offset=state.offset,
        tick=state.tick,
        time_ns=state.time_ns,
        stamps=state.genesis.stamps,
        values={path: list(values) for path, values in carried.values.items()},
        targets=list(carried.targets),
        inputs={
            f"{channels[index].path}.{channels[index].kind.value}": list(values)
            for index, values in sorted(state.held_inputs.items())
        },
        parameter_version=state.parameter_version,
        overrides=dict(state.overrides),
        pending=list(state.pending),
        commands_offset=state.commands_offset,
    )


def take_over(state: FoldState, twin: Foldable, portable: PortableState) -> None:
    """Bring a fold that has just begun, and its model, to a portable state.

    The model was opened under the state's overrides. What the new table or model doesn't have is left out.
    """
    twin.take_over(Carried(portable.values, portable.targets))
    for channel in state.layout.channels:
        values = portable.inputs.get(f"{channel.path}.{channel.kind.value}")
        if channel.role == ChannelRole.INPUT and values is not None:
            twin.set_input(channel.index, values)
            state.held_inputs[channel.index] = list(values)
    state.parameter_version, state.overrides = portable.parameter_version, dict(portable.overrides)
    state.pending, state.commands_offset = list(portable.pending), portable.commands_offset


def portable_digest(portable: PortableState) -> str:
    """The name of a portable state: sha256 of its bytes, hex."""
    return sha256(codec.encode(portable)).hexdigest()


@dataclass(frozen=True, slots=True)
class Build:
    """What a process folds with: of the stamps, all that a scene and its settings don't decide."""

    engine_build: str
    cpu: str
    fold_version: int
    model_digest: str

    @classmethod
    def of(cls, stamps: Stamps) -> "Build":
        """That which a journal names."""
        return cls(stamps.engine_build, stamps.cpu, stamps.fold_version, stamps.model_digest)


_NAMES: Mapping[str, str] = {
    "engine_build": "engine build",
    "cpu": "CPU",
    "fold_version": "fold version",
    "model_digest": "compiled model",
}


def differences(named: Build, here: Build) -> str:
    """In which stamps two builds differ, as `engine build 3.3.7 → 3.4.0`; empty: in none."""
    found = []
    for field, name in _NAMES.items():
        before, now = getattr(named, field), getattr(here, field)
        if before != now:
            short = 12 if field == "model_digest" else None
            found.append(f"{name} {str(before)[:short]} → {str(now)[:short]}")
    return ", ".join(found)
