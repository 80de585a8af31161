"""Everything that a model is made from; equal recipes share one model."""

import math
from dataclasses import dataclass

from twin_schemas.records import FoldConfig, TwinGenesis

_MISSING = (math.nan,) * 3


@dataclass(frozen=True, slots=True)
class Recipe:
    """What to build.

    Attributes:
        engine: name of the engine.
        scene_digest: sha256 of the scene file.
        step_hz: engine steps per second at least.
        substeps: engine substeps per step.
        gravity: m/s^2; None: the scene's own.
        solver_iterations: of the engine.
    """

    engine: str
    scene_digest: str
    step_hz: float
    substeps: int
    gravity: tuple[float, float, float] | None
    solver_iterations: int

    @classmethod
    def of(cls, engine: str, scene_digest: str, config: FoldConfig) -> "Recipe":
        """From the settings of a fold."""
        # Of numbers that are too few, those missing are none: an engine refuses them, and says so.
        x, y, z = (*config.gravity, *_MISSING)[:3]
        gravity = (x, y, z) if config.gravity else None
        return cls(engine, scene_digest, config.step_hz, config.substeps, gravity, config.solver_iterations)

    @classmethod
    def of_genesis(cls, genesis: TwinGenesis) -> "Recipe":
        """What an incarnation runs on."""
        return cls.of(genesis.stamps.engine, genesis.stamps.scene_digest, genesis.fold)
