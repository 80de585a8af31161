"""Builds models from scenes in object storage, in threads, and shares them while anybody uses them."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar
from weakref import WeakValueDictionary

from sim_worker.domain.inventory import Inventory, JointMotion
from sim_worker.domain.places import BUILD, scene_place
from sim_worker.domain.ports import Breadcrumbs, PhysicsModel
from sim_worker.domain.recipe import Recipe
from sim_worker.errors import SceneBroken, StartError, UnknownEngine
from twin_common.blobs.api import BlobStore
from twin_common.errors import BlobCorrupt, BlobMissing
from twin_sim import errors as sim
from twin_sim.engines import api, load_engine
from twin_sim.fold import ChannelLayout, PhysicsTwin
from twin_sim.scene import JointKind, SceneModel, read_stage
from twin_sim.scene.topology import arrange

T = TypeVar("T")

_MEASURED_TICKS = 200
_MEASURED_STEPS = 1000
_MEASURED_S = 0.2


class EngineModel:
    """`PhysicsModel` of an installed engine."""

    def __init__(self, engine: api.Engine, scene: SceneModel, model: api.Model) -> None:
        """A scene that the engine has compiled."""
        self._engine, self._model = engine, model
        self.inventory = take_inventory(scene)
        self.warnings = tuple(str(warning) for warning in (*scene.warnings, *model.warnings))

    @property
    def digest(self) -> str:
        """sha256 of scene model and settings."""
        return self._model.digest

    @property
    def engine_build(self) -> str:
        """Version and build of the engine."""
        return self._engine.build

    def open(self, layout: ChannelLayout, timestep: float, overrides: Mapping[str, float]) -> PhysicsTwin:
        """A simulation at the scene's initial state."""
        return PhysicsTwin.opened(self._model, layout, timestep, overrides)

    def variant(self, overrides: Mapping[str, float]) -> object:
        """The engine's model under overrides, which it shares for as long as the result is kept."""
        try:
            return self._model.with_parameters(overrides)
        except (ValueError, KeyError):
            return None  # the fold refuses them, and says why


class EngineWorkshop:
    """`Workshop` on the installed engines.

    Args:
        scenes: where scene files are kept, and compiled scene models beside them.
        enabled: engines that may run here.
        crumbs: remember a scene that brings the process down.
        deaths_allowed: a scene that did so often isn't tried again.
        find: loads an engine by name.
    """

    def __init__(
        self,
        scenes: BlobStore,
        enabled: frozenset[str],
        crumbs: Breadcrumbs,
        deaths_allowed: int,
        find: Callable[[str], api.Engine] = load_engine,
    ) -> None:
        self._scenes, self._enabled, self._find = scenes, enabled, find
        self._crumbs, self._deaths_allowed = crumbs, deaths_allowed
        self._models: WeakValueDictionary[Recipe, EngineModel] = WeakValueDictionary()
        self._building: dict[Recipe, asyncio.Task[EngineModel]] = {}
        # one at a time: compiling is seldom urgent, and the fold needs the processor
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="workshop")

    async def warm_up(self) -> None:
        """Load the engines that may run here, so that the first twin needn't wait for it."""
        await self._in_thread(self._load)

    def _load(self) -> None:
        for name in sorted(self._enabled):
            with suppress(sim.UnknownEngine):  # a twin that asks for it says so
                self._find(name)

    async def build(self, recipe: Recipe) -> EngineModel:
        """The model of a recipe; those who ask at the same time wait for the same one."""
        model = self._models.get(recipe)
        if model is not None:
            return model
        task = self._building.get(recipe)
        if task is None:
            task = self._building[recipe] = asyncio.create_task(self._build(recipe))
            task.add_done_callback(lambda _: self._building.pop(recipe, None))
        return await asyncio.shield(task)

    async def _build(self, recipe: Recipe) -> EngineModel:
        try:
            content = await self._scenes.get(recipe.scene_digest)
        except (BlobMissing, BlobCorrupt, ValueError) as error:
            raise SceneBroken(
                "scene_missing", f"scene {recipe.scene_digest} can't be read from object storage: {error}"
            ) from error
        scene, model = await self._in_thread(lambda: self._marked(recipe, content))
        await self._scenes.put(scene.to_json().encode())
        self._models[recipe] = model
        return model

    def _marked(self, recipe: Recipe, content: bytes) -> tuple[SceneModel, EngineModel]:
        place = scene_place(recipe.scene_digest)
        deaths = self._crumbs.deaths(place)
        if deaths >= self._deaths_allowed:
            raise SceneBroken(
                "scene_crashed",
                f"compiling scene {recipe.scene_digest} brought the process down {deaths} times; change the scene",
            )
        self._crumbs.mark(BUILD, place)
        try:
            return self._compile(recipe, content)
        finally:
            self._crumbs.clear(BUILD)

    def _compile(self, recipe: Recipe, content: bytes) -> tuple[SceneModel, EngineModel]:
        if recipe.engine not in self._enabled:
            raise UnknownEngine(
                "unknown_engine",
                f"engine {recipe.engine} isn't enabled here (enabled: {', '.join(sorted(self._enabled))}); "
                f"set engines.{recipe.engine}.enabled, or choose another engine.type",
            )
        config = api.EngineConfig(recipe.step_hz, recipe.substeps, recipe.gravity, recipe.solver_iterations)
        try:
            engine = self._find(recipe.engine)
            scene = read_stage(content)
            return scene, EngineModel(engine, scene, engine.compile(scene, config))
        except sim.UnknownEngine as error:
            raise UnknownEngine("unknown_engine", str(error)) from error
        except sim.SceneError as error:
            raise SceneBroken("scene_broken", str(error)) from error
        except sim.EngineError as error:
            raise SceneBroken("engine_refused", str(error)) from error

    async def prepare(self, model: PhysicsModel, overrides: Mapping[str, float]) -> object:
        """Compile the model under overrides."""
        assert isinstance(model, EngineModel)
        return await self._in_thread(lambda: model.variant(overrides))

    async def tick_cost(
        self, model: PhysicsModel, layout: ChannelLayout, steps: int, timestep: float
    ) -> float:
        """Seconds of this process's computing that a tick takes."""
        return await self._in_thread(lambda: _measure(model, layout, steps, timestep))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        done: Awaitable[T] = asyncio.get_running_loop().run_in_executor(self._pool, work)
        return await done

    def close(self) -> None:
        """Let what is being built end by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def take_inventory(scene: SceneModel) -> Inventory:
    """What a scene offers to be observed and driven."""
    motions = {JointKind.REVOLUTE: JointMotion.ANGULAR, JointKind.PRISMATIC: JointMotion.LINEAR}
    return Inventory(
        joints={joint.path: motions[joint.kind] for joint in scene.joints if joint.kind in motions},
        bodies=frozenset(body.path for body in scene.bodies),
        free=frozenset(link.body for link in arrange(scene) if link.joint is None),
    )


def _measure(model: PhysicsModel, layout: ChannelLayout, steps: int, timestep: float) -> float:
    """By the thread's own clock, so that other twins on this core don't count."""
    try:
        twin = model.open(layout, timestep, {})
    except (ValueError, KeyError) as error:
        raise StartError("model", str(error.args[0] if error.args else error)) from error
    try:
        began, done, spent = time.thread_time(), 0, 0.0
        while done < _MEASURED_TICKS * steps and spent < _MEASURED_S:
            some = min(steps, _MEASURED_STEPS)  # a whole tick may take days
            twin.advance(some)
            twin.read()
            done, spent = done + some, time.thread_time() - began
        return spent / done * steps
    finally:
        twin.close()
