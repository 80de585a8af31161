"""What every physics engine offers: the standard's `Engine` and `Simulation`, and the fold's fast path."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class ChannelKind(StrEnum):
    """What a channel measures; joint kinds are one number, a pose is x y z qw qx qy qz."""

    POSITION = "position"
    VELOCITY = "velocity"
    EFFORT = "effort"
    POSE = "pose"


@dataclass(frozen=True, slots=True)
class ChannelSpec:
    """One channel of a model: a prim and what of it."""

    path: str
    kind: ChannelKind


class JointMode(StrEnum):
    """What a joint target sets."""

    POSITION = "position"
    VELOCITY = "velocity"
    EFFORT = "effort"


@dataclass(frozen=True, slots=True)
class JointTarget:
    """A set point in rad or m, rad/s or m/s, N m or N."""

    joint: str
    mode: JointMode
    value: float


@dataclass(frozen=True, slots=True)
class JointCommand:
    """Set points that take effect together."""

    targets: tuple[JointTarget, ...]


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """The standard's `engine.config`. Gravity in m/s^2; None: the scene's own."""

    step_hz: float = 240.0
    substeps: int = 1
    gravity: tuple[float, float, float] | None = None
    solver_iterations: int = 50


class ReplayClass(StrEnum):
    """How far a replay goes: bit-equal, equal from the start only, or within a tolerance."""

    EXACT = "exact"
    FROM_GENESIS = "from_genesis"
    APPROXIMATE = "approximate"


@dataclass(frozen=True, slots=True)
class EngineCapabilities:
    """What an engine supports, truthfully."""

    ray_tracing: bool
    soft_body: bool
    fluid: bool
    max_step_hz: int
    gpu_required: bool
    ros_bridge: bool
    parallel_envs: int
    replay: ReplayClass
    render: bool


@dataclass(frozen=True, slots=True)
class Observation:
    """Present values of a channel with their SI unit."""

    kind: ChannelKind
    unit: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class SimState:
    """A stamped engine state; exact only for the same engine build and model."""

    engine: str
    build: str
    model_digest: str
    data: bytes


class ChannelView(Protocol):
    """Channels of one simulation, by their position in the list that was bound."""

    def read(self) -> list[list[float]]:
        """Present values by channel."""

    def write(self, index: int, values: Sequence[float]) -> None:
        """Set the state, or for effort the input that is held until it is set again."""

    def add(self, index: int, correction: Sequence[float]) -> None:
        """Shift the state; a pose by 3 translation and 3 rotation-vector numbers, world frame."""


class Simulation(Protocol):
    """A running simulation of a model."""

    model: "Model"
    state_size: int

    def step(self, n: int = 1) -> None:
        """Advance by engine steps; releases the GIL."""

    def set_timestep(self, dt: float) -> None:
        """Length of a step in s, of this simulation only."""

    def set_joint_command(self, articulation_path: str, command: JointCommand) -> None:
        """Set joint targets. Raises a KeyError or ValueError that names the joint."""

    def get_observation(self, sensor_path: str) -> Observation:
        """Value of '<USD path>.<kind>'."""

    def get_state(self) -> SimState:
        """Stamped state for a checkpoint."""

    def set_state(self, state: SimState) -> None:
        """Restore a state of the same model and build."""

    def fork(self) -> "Simulation":
        """An independent copy at the present state."""

    def close(self) -> None:
        """Release everything."""

    def bind(self, channels: Sequence[ChannelSpec]) -> ChannelView:
        """Resolve channels once. Raises a KeyError that names the path."""

    def save(self, out: NDArray[np.float64]) -> None:
        """Write the raw state, `state_size` numbers."""

    def load(self, state: NDArray[np.float64]) -> None:
        """Take over a raw state, bit-exact."""

    def healthy(self) -> bool:
        """False when the state is not finite or the engine diverged."""


class Model(Protocol):
    """An immutable compiled model, shared by many simulations."""

    digest: str

    def with_parameters(self, overrides: Mapping[str, float]) -> "Model":
        """The model under a complete set of overrides. Raises a ValueError that names the known ones."""

    def simulate(self, dt: float) -> Simulation:
        """A simulation at the initial state with steps of `dt` seconds."""
