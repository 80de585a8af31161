"""The fold's settings, from a twin definition (they go into the genesis, so that nothing else decides)."""

import math
from dataclasses import dataclass, replace

from twin_common.definition.model import TwinDefinition
from twin_schemas.records import Assimilation, FoldConfig

NS_PER_S = 1_000_000_000

AHEAD_TICKS = 8
"""Readings up to this many ticks ahead of the newest tick wait for theirs: clocks differ a little."""

_LONGEST = 2**31 - 1
"""Ticks between forecasts, as a genesis can say it."""


@dataclass(frozen=True, slots=True)
class CommandBounds:
    """How many commands may wait, and for how long.

    Attributes:
        pending: commands waiting for their effect time at most.
        ahead_s: effect times at most this far ahead, s.
    """

    pending: int = 1000
    ahead_s: float = 60.0


def fold_config(definition: TwinDefinition, bounds: CommandBounds) -> FoldConfig:
    """What a definition says of the fold, with every default written out."""
    engine, sync = definition.engine.config, definition.sync
    gains = sync.assimilation.gains
    return FoldConfig(
        step_hz=engine.step_hz,
        substeps=engine.substeps,
        gravity=list(engine.gravity) if engine.gravity is not None else [],
        solver_iterations=engine.solver_iterations,
        assimilation=Assimilation(sync.assimilation.mode),
        gains={"position": gains.position, "velocity": gains.velocity, "pose": gains.pose},
        ring_ticks=sync.ring_ticks,
        ahead_ticks=AHEAD_TICKS,
        max_pending=bounds.pending,
        max_future_ns=round(bounds.ahead_s * NS_PER_S),
        horizon_ns=round(sync.horizon.seconds * NS_PER_S),
        horizon_every=_every(float(sync.rate_hz), sync.horizon.per_second),
        horizon_samples=sync.horizon.samples,
    )


def live_config(running: FoldConfig, wanted: FoldConfig) -> FoldConfig:
    """What a running twin folds with when it takes what it can of `wanted` without a restart."""
    return replace(
        running,
        assimilation=wanted.assimilation,
        gains=wanted.gains,
        horizon_ns=wanted.horizon_ns,
        horizon_every=wanted.horizon_every,
        horizon_samples=wanted.horizon_samples,
    )


def _every(rate_hz: float, per_second: float) -> int:
    """Ticks between forecasts: so that there are at most `per_second`; 0: none."""
    return max(1, math.ceil(min(rate_hz / per_second, _LONGEST) - 1e-9)) if per_second > 0 else 0
