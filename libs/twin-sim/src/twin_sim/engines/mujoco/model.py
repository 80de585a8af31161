"""Compiled MuJoCo models: immutable, shared, named by digest, one for each set of overrides."""

import copy
import json
from collections import OrderedDict, deque
from collections.abc import Mapping
from hashlib import sha256
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import mujoco
import numpy as np

from twin_sim.engines.api import ChannelSpec, EngineConfig
from twin_sim.engines.mujoco.layout import Layout
from twin_sim.engines.mujoco.memory import STATE, Memory
from twin_sim.engines.mujoco.simulation import MujocoSimulation, checked_timestep
from twin_sim.engines.mujoco.spec import ADAPTER, compile_scene
from twin_sim.engines.mujoco.unsupported import left_out
from twin_sim.scene.model import SceneModel
from twin_sim.scene.parameters import parameters, with_overrides
from twin_sim.scene.warning import SceneWarning

if TYPE_CHECKING:
    from twin_sim.engines.mujoco.engine import MujocoEngine

_POOLED = 8
_TIMESTEPS = 8
_RECENT = 4


class MujocoModel:
    """See `twin_sim.engines.api.Model`. Overrides are compiled anew, so no derived constant is stale.

    Attributes:
        engine: that compiled it.
        digest: sha256 of adapter, scene, overrides, gravity and solver settings.
        layout: where it keeps what paths name.
        state_size: length of a raw state; the same under all overrides.
        warnings: what MuJoCo leaves out of the scene.
    """

    def __init__(self, family: "Family", overrides: Mapping[str, float], digest: str) -> None:
        """Use `MujocoEngine.compile` or `with_parameters`."""
        self.engine = family.engine
        self.digest = digest
        self._family = family
        self._scene = with_overrides(family.scene, overrides) if overrides else family.scene
        config = family.config
        gravity = config.gravity or self._scene.gravity
        dt = 1.0 / (config.step_hz * config.substeps)
        self._base = compile_scene(self._scene, gravity, config.solver_iterations, dt)
        self._timesteps: OrderedDict[float, mujoco.MjModel] = OrderedDict({dt: self._base})
        self._pool: list[Memory] = []
        self._lock = Lock()
        self.layout = Layout.of(self._scene, self._base)
        self.state_size = int(mujoco.mj_stateSize(self._base, STATE))
        self.warnings: tuple[SceneWarning, ...] = left_out(self._scene, self.layout, self._base)
        self._initial = self._initial_state()

    @property
    def channels(self) -> tuple[ChannelSpec, ...]:
        """Every channel that can be bound."""
        return self.layout.channels()

    @property
    def parameters(self) -> Mapping[str, float]:
        """Every parameter with its present value."""
        return MappingProxyType(parameters(self._scene))

    def with_parameters(self, overrides: Mapping[str, float]) -> "MujocoModel":
        """The model under a complete set of overrides. Raises ParameterError, EngineError."""
        return self._family.member(overrides)

    def simulate(self, dt: float) -> MujocoSimulation:
        """A simulation at the initial state with steps of `dt` seconds. Raises EngineError."""
        simulation = MujocoSimulation(self, self.take_memory(), self.stepped(dt))
        mujoco.mj_resetData(self._base, simulation.memory.data)
        simulation.load(self._initial)
        return simulation

    def stepped(self, dt: float) -> mujoco.MjModel:
        """The MuJoCo model with this time step, s; never written once it was given away."""
        with self._lock:
            model = self._timesteps.get(dt)
            if model is None:
                model = copy.copy(self._base)
                model.opt.timestep = checked_timestep(dt)
                self._timesteps[dt] = model
                if len(self._timesteps) > _TIMESTEPS:
                    self._timesteps.popitem(last=False)
            else:
                self._timesteps.move_to_end(dt)
            return model

    def take_memory(self) -> Memory:
        """Memory with an unknown state; pooled, as allocating costs a hundred times what copying does."""
        try:
            return self._pool.pop()
        except IndexError:
            return Memory(self._base, self.layout)

    def give_memory(self, memory: Memory) -> None:
        """Take memory back."""
        if len(self._pool) < _POOLED:
            self._pool.append(memory)

    def _initial_state(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        memory = Memory(self._base, self.layout)
        for joint in self._scene.joints:
            place = self.layout.joints.get(joint.path)
            if place is None:
                continue
            memory.qpos[place.position], memory.qvel[place.dof] = joint.position, joint.velocity
            if joint.drive is not None:
                memory.set_input(place, 2, joint.drive.target_position)
                memory.set_input(place, 3, joint.drive.target_velocity)
        self._free_velocities(memory)
        memory.apply_all()
        state = np.empty(self.state_size)
        mujoco.mj_getState(self._base, memory.data, state, STATE)
        return state

    def _free_velocities(self, memory: Memory) -> None:
        """A free body starts at its velocity, which UsdPhysics gives at its centre of mass in the world."""
        mujoco.mj_kinematics(self._base, memory.data)
        for body in self._scene.bodies:
            place = self.layout.bodies[body.path]
            if place.dof < 0:
                continue
            spin = np.array(body.angular_velocity)
            arm = memory.data.xipos[place.body] - memory.xpos[place.body]
            memory.qvel[place.dof : place.dof + 3] = np.array(body.velocity) - np.cross(spin, arm)
            # MuJoCo has a free body's angular velocity in its own frame
            memory.qvel[place.dof + 3 : place.dof + 6] = memory.data.xmat[place.body].reshape(3, 3).T @ spin


class Family:
    """One scene's models, by digest: the same overrides are the same model for as long as anybody has it."""

    def __init__(self, engine: "MujocoEngine", scene: SceneModel, config: EngineConfig) -> None:
        """Compile nothing yet."""
        self.engine = engine
        self.scene = scene
        self.config = config
        self._scene_digest = scene.digest()
        self._models: WeakValueDictionary[str, MujocoModel] = WeakValueDictionary()
        self._recent: deque[MujocoModel] = deque(maxlen=_RECENT)
        self._lock = Lock()

    def member(self, overrides: Mapping[str, float]) -> MujocoModel:
        """The model under these overrides. Raises ParameterError, SceneError, EngineError."""
        digest = self._digest(overrides)
        with self._lock:
            model = self._models.get(digest)
            if model is None:
                model = self._models[digest] = MujocoModel(self, dict(overrides), digest)
            self._recent.append(model)
            return model

    def _digest(self, overrides: Mapping[str, float]) -> str:
        named = {
            "engine": self.engine.name,
            "adapter": ADAPTER,
            "scene": self._scene_digest,
            "overrides": {
                name: value + 0.0 if isinstance(value, int) else value for name, value in overrides.items()
            },
            "gravity": self.config.gravity,
            "solver_iterations": self.config.solver_iterations,
        }
        return sha256(json.dumps(named, sort_keys=True, default=repr).encode()).hexdigest()
