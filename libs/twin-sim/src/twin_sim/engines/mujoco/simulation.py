"""A running MuJoCo simulation."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import mujoco
import numpy as np
from numpy.typing import NDArray

from twin_sim.engines.api import (
    ChannelKind,
    ChannelSpec,
    JointCommand,
    JointTarget,
    Observation,
    RenderParams,
    SimState,
)
from twin_sim.engines.mujoco.channels import MujocoChannels, unit_of
from twin_sim.engines.mujoco.commands import held, resolved
from twin_sim.engines.mujoco.memory import STATE, Memory
from twin_sim.errors import ChannelError, EngineError, SimulationClosed, StateMismatch, UnsupportedByEngine

if TYPE_CHECKING:
    from twin_sim.engines.mujoco.model import MujocoModel


_step = mujoco.mj_step


class MujocoSimulation:
    """See `twin_sim.engines.api.Simulation`. Simulations of one model share nothing that changes.

    Attributes:
        model: what it simulates.
        state_size: length of the raw state.
        stepped: the MuJoCo model with this simulation's time step; shared, never written.
    """

    __slots__ = ("_memory", "model", "state_size", "stepped")

    def __init__(self, model: "MujocoModel", memory: Memory, stepped: mujoco.MjModel) -> None:
        """Use `MujocoModel.simulate` or `fork`."""
        self.model = model
        self.state_size = model.state_size
        self.stepped = stepped
        self._memory: Memory | None = memory

    @property
    def memory(self) -> Memory:
        """Its memory. Raises SimulationClosed."""
        if self._memory is None:
            raise SimulationClosed("the simulation was closed; simulate or fork a new one")
        return self._memory

    def step(self, n: int = 1) -> None:
        """Advance by engine steps; releases the GIL. Raises EngineError when MuJoCo gives up."""
        memory = self._memory or self.memory
        try:
            _step(self.stepped, memory.data, n)
        except mujoco.FatalError as error:
            raise EngineError(f"MuJoCo can't step the scene: {error}") from error

    def set_timestep(self, dt: float) -> None:
        """Length of a step, s. Raises EngineError when it isn't positive."""
        self.stepped = self.model.stepped(dt)

    def set_joint_command(self, articulation_path: str, command: JointCommand) -> None:
        """Set joint targets, all or none; each holds. Raises UnknownJoint, JointCommandError."""
        memory = self.memory
        for joint, block, value in resolved(self.model.layout, articulation_path, command):
            memory.set_input(joint, block, value)

    def targets(self) -> tuple[JointTarget, ...]:
        """The set points that are held now."""
        return held(self.memory)

    def get_observation(self, sensor_path: str) -> Observation:
        """Present value of '<USD path>.<kind>'. Raises ChannelError."""
        path, _, kind = sensor_path.rpartition(".")
        if kind not in set(ChannelKind):
            raise ChannelError(
                f"{sensor_path}: expected '<USD path>.<kind>', a kind of {', '.join(ChannelKind)}"
            )
        spec = ChannelSpec(path, ChannelKind(kind))
        unit = unit_of(spec, self.model.layout.resolve(spec))
        return Observation(spec.kind, unit, tuple(self.bind([spec]).read()[0]))

    def get_state(self) -> SimState:
        """Stamped state for a checkpoint; it holds no parameters."""
        vector = np.empty(self.state_size)
        self.save(vector)
        engine = self.model.engine
        return SimState(engine.name, engine.build, self.model.digest, vector.astype("<f8").tobytes())

    def set_state(self, state: SimState) -> None:
        """Restore a state.

        Raises:
            StateMismatch: of another engine, build or model, or damaged.
        """
        engine = self.model.engine
        wanted = (engine.name, engine.build, self.model.digest)
        given = (state.engine, state.build, state.model_digest)
        for what, want, got in zip(("engine", "build", "model"), wanted, given, strict=True):
            if want != got:
                raise StateMismatch(
                    f"the state is of {what} {got}, this is {want}; restore it with that {what}"
                )
        if len(state.data) != 8 * self.state_size:
            raise StateMismatch(f"the state has {len(state.data)} bytes, {8 * self.state_size} are expected")
        self.load(np.frombuffer(state.data, "<f8").astype(np.float64))

    def render(self, camera_path: str, params: RenderParams) -> NDArray[np.uint8]:
        """Raises UnsupportedByEngine: this adapter draws no images."""
        raise UnsupportedByEngine(f"{camera_path}: the mujoco engine renders no images; see its capabilities")

    def fork(self) -> "MujocoSimulation":
        """An independent copy at the present state, usable in another thread."""
        copy = self.model.take_memory()
        mujoco.mj_copyData(copy.data, self.stepped, self.memory.data)
        return MujocoSimulation(self.model, copy, self.stepped)

    def close(self) -> None:
        """Give the memory back for the next one; closing twice changes nothing."""
        memory, self._memory = self._memory, None
        if memory is not None:
            self.model.give_memory(memory)

    def bind(self, channels: Sequence[ChannelSpec]) -> MujocoChannels:
        """Resolve channels once. Raises ChannelError naming the path and what the prim offers."""
        return MujocoChannels(self, self.model.layout, channels)

    def save(self, out: NDArray[np.float64]) -> None:
        """Write the raw state, `state_size` numbers."""
        mujoco.mj_getState(self.stepped, self.memory.data, out, STATE)

    def load(self, state: NDArray[np.float64]) -> None:
        """Take over a raw state, bit-exact; inputs act under this model's parameters."""
        memory = self.memory
        mujoco.mj_setState(self.stepped, memory.data, state, STATE)
        memory.apply_all()

    def healthy(self) -> bool:
        """False when a number of the state isn't finite, or is larger than MuJoCo thinks possible."""
        return self.memory.healthy()


def checked_timestep(dt: float) -> float:
    """A time step that an engine can take. Raises EngineError."""
    if not (math.isfinite(dt) and dt > 0):
        raise EngineError(f"time step is {dt} s; it must be positive")
    return dt
