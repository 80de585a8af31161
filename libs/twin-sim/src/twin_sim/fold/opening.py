"""Open the physics twin that a genesis names."""

from collections.abc import Callable, Mapping

from twin_schemas.records import FoldConfig, TwinGenesis
from twin_sim.engines.api import EngineConfig, Model
from twin_sim.fold.errors import Unfoldable
from twin_sim.fold.fold import OpenTwin
from twin_sim.fold.foldable import Foldable
from twin_sim.fold.interval import interval_to
from twin_sim.fold.layout import ChannelLayout
from twin_sim.fold.physics import PhysicsTwin
from twin_sim.journal.grid import tick_time


def engine_config(config: FoldConfig) -> EngineConfig:
    """The engine's part of a fold's settings."""
    gravity = (config.gravity[0], config.gravity[1], config.gravity[2]) if config.gravity else None
    return EngineConfig(config.step_hz, config.substeps, gravity, config.solver_iterations)


def physics_opener(model_of: Callable[[TwinGenesis], Model]) -> OpenTwin:
    """An `OpenTwin` for physics twins.

    Args:
        model_of: the compiled model, without overrides, of the scene and settings that a genesis names.
    """

    def open_twin(genesis: TwinGenesis, overrides: Mapping[str, float]) -> Foldable:
        model = model_of(genesis)
        if model.digest != genesis.stamps.model_digest:
            raise Unfoldable(
                "model_digest",
                f"the scene compiles to {model.digest[:12]}, the genesis names {genesis.stamps.model_digest[:12]}: "
                "it was begun with another build; begin a new incarnation",
            )
        grid = genesis.grid
        first = interval_to(genesis.fold, grid, tick_time(grid, grid.tick - 1), grid.tick)
        return PhysicsTwin.opened(model, ChannelLayout.of(genesis.channels), first.step_s, overrides)

    return open_twin
