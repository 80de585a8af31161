"""The models that one twin holds: prepared off the event loop, found by the fold when it opens one."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from sim_worker.domain.ports import Meter, PhysicsModel
from sim_worker.domain.recipe import Recipe
from sim_worker.errors import StartError
from twin_schemas.records import TwinGenesis
from twin_sim.fold import ChannelLayout, Foldable
from twin_sim.journal import interval_s
from twin_sim.journal.grid import steps_per_tick

_KEPT_VARIANTS = 8


@dataclass(frozen=True, slots=True)
class Needs:
    """What must be compiled before a twin's next record can be folded."""

    recipe: Recipe
    overrides: tuple[Mapping[str, float], ...] = ()


class Models:
    """The model of the incarnation in force, and its latest parameter versions."""

    def __init__(self, meter: Meter) -> None:
        """Hold nothing."""
        self._meter = meter
        self._model: PhysicsModel | None = None
        self._recipe: Recipe | None = None
        self._unbuildable: StartError | None = None
        self._variants: deque[tuple[frozenset[tuple[str, float]], object]] = deque(maxlen=_KEPT_VARIANTS)

    def has(self, recipe: Recipe) -> bool:
        """Whether the model of a recipe is held, or known not to be had."""
        return recipe == self._recipe

    def needs(self, overrides: Mapping[str, float]) -> Needs | None:
        """What a parameter version needs; None: it was compiled lately."""
        wanted = frozenset(overrides.items())
        if self._recipe is None or any(known == wanted for known, _ in self._variants):
            return None
        return Needs(self._recipe, (overrides,))

    def hold(self, needs: Needs, model: PhysicsModel, variants: list[object]) -> None:
        """Keep what was prepared."""
        self._recipe, self._model, self._unbuildable = needs.recipe, model, None
        for overrides, variant in zip(needs.overrides, variants, strict=True):
            self._variants.append((frozenset(overrides.items()), variant))

    def lack(self, needs: Needs, error: StartError) -> None:
        """Remember why there is no model; `open` says so."""
        self._recipe, self._model, self._unbuildable = needs.recipe, None, error

    def release(self) -> None:
        """Let go of everything."""
        self._recipe = self._model = None
        self._variants.clear()

    def open(self, genesis: TwinGenesis, overrides: Mapping[str, float]) -> Foldable:
        """The fold's `OpenTwin`.

        Raises:
            ValueError: there is no model, or it isn't the one that the genesis names.
        """
        if self._unbuildable is not None:
            raise ValueError(f"{self._unbuildable.code}: {self._unbuildable.message}")
        model, stamps = self._model, genesis.stamps
        if model is None or model.digest != stamps.model_digest:
            have = model.digest if model else "none"
            raise ValueError(
                f"the journal names model {stamps.model_digest} of {stamps.engine} {stamps.engine_build}, this "
                f"worker builds {have}: verify the journal with the build that its genesis names"
            )
        config = genesis.fold
        steps = steps_per_tick(genesis.grid, config.step_hz) * config.substeps
        twin = model.open(ChannelLayout.of(genesis.channels), interval_s(genesis.grid) / steps, overrides)
        self._meter.started(stamps.engine, genesis.org)
        return twin
