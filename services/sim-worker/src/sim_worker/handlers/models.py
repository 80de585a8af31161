"""The models that one twin holds: prepared off the event loop, found by the fold when it opens one."""

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sim_worker.domain.ports import Meter, PhysicsModel
from sim_worker.domain.recipe import Recipe
from sim_worker.errors import StartError
from twin_schemas.records import TwinGenesis
from twin_sim.fold import FOLD_VERSION, Build, ChannelLayout, Foldable, Unfoldable, differences
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

    def __init__(self, meter: Meter, cpu: str) -> None:
        """Hold nothing; `cpu` is this host's CPU fingerprint."""
        self._meter, self._cpu = meter, cpu
        self._accepted: TwinGenesis | None = None
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

    def differs(self, genesis: TwinGenesis) -> str:
        """In what this build differs from the one that a genesis names; empty: in nothing, or there is no model."""
        if self._model is None or genesis is self._accepted:
            return ""
        here = Build(self._model.engine_build, self._cpu, FOLD_VERSION, self._model.digest)
        return differences(Build.of(genesis.stamps), here)

    @contextmanager
    def as_if_own(self, genesis: TwinGenesis) -> Iterator[None]:
        """Open an incarnation of another build, knowing that what comes of it is approximate."""
        self._accepted = genesis
        try:
            yield
        finally:
            self._accepted = None

    def open(self, genesis: TwinGenesis, overrides: Mapping[str, float]) -> Foldable:
        """The fold's `OpenTwin`.

        Raises:
            Unfoldable: the genesis names another build.
            ValueError: there is no model.
        """
        if self._unbuildable is not None:
            raise ValueError(f"{self._unbuildable.code}: {self._unbuildable.message}")
        model, stamps = self._model, genesis.stamps
        if model is None:
            raise ValueError(f"no model of scene {stamps.scene_digest} was compiled")
        if differs := self.differs(genesis):
            raise Unfoldable(
                "other_build", f"{differs}: only the build that its genesis names can fold this incarnation"
            )
        config = genesis.fold
        steps = steps_per_tick(genesis.grid, config.step_hz) * config.substeps
        twin = model.open(ChannelLayout.of(genesis.channels), interval_s(genesis.grid) / steps, overrides)
        self._meter.started(stamps.engine, genesis.org)
        return twin
