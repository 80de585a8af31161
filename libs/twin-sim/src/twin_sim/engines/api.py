"""What every physics engine offers: the standard's `Engine` and `Simulation`, and the fold's fast path."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from twin_sim.scene.model import SceneModel
from twin_sim.scene.warning import SceneWarning


class ChannelKind(StrEnum):
    """What a channel measures; joint kinds are one number, a pose is x y z qw qx qy qz.

    A twist is a free body's linear and angular velocity, of its origin and in the world frame.
    """

    POSITION = "position"
    VELOCITY = "velocity"
    EFFORT = "effort"
    POSE = "pose"
    TWIST = "twist"


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
    """A set point in rad or m, rad/s or m/s, N m or N.

    Attributes:
        joint: USD path, or a path relative to the articulation.
        mode: what is set.
        value: held until it is set again.
    """

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


@dataclass(frozen=True, slots=True)
class RenderParams:
    """The size of an image in pixels."""

    width: int = 640
    height: int = 480


class ChannelView(Protocol):
    """Channels of one simulation, by their position in the list that was bound."""

    def read(self) -> list[list[float]]:
        """Present values by channel."""

    def read_flat(self) -> list[float]:
        """The same, one after another."""

    def writable(self, index: int) -> bool:
        """False for a channel that follows from others, such as the pose of a body held by joints."""

    def write(self, index: int, values: Sequence[float]) -> None:
        """Set the state, or for effort the input that is held until it is set again."""

    def add(self, index: int, correction: Sequence[float]) -> None:
        """Shift the state; a pose by 3 translation and 3 rotation-vector numbers, world frame."""


class Simulation(Protocol):
    """A running simulation of a model. Used by one thread at a time; several of one model may run at once."""

    @property
    def model(self) -> "Model":
        """What it simulates."""

    @property
    def state_size(self) -> int:
        """Length of the raw state; the same under every parameter version of a model."""

    def step(self, n: int = 1) -> None:
        """Advance by engine steps; releases the GIL."""

    def set_timestep(self, dt: float) -> None:
        """Length of a step in s, of this simulation only."""

    def set_joint_command(self, articulation_path: str, command: JointCommand) -> None:
        """Set joint targets, all or none. Raises UnknownJoint or JointCommandError, which name the joint."""

    def targets(self) -> tuple[JointTarget, ...]:
        """The set points that are held now; setting them again elsewhere makes the same."""

    def get_observation(self, sensor_path: str) -> Observation:
        """Value of '<USD path>.<kind>'. Raises ChannelError."""

    def get_state(self) -> SimState:
        """Stamped state for a checkpoint."""

    def set_state(self, state: SimState) -> None:
        """Restore a state of the same engine, build and model. Raises StateMismatch."""

    def render(self, camera_path: str, params: RenderParams) -> NDArray[np.uint8]:
        """An image (height, width, 3). Raises UnsupportedByEngine."""

    def fork(self) -> "Simulation":
        """An independent copy at the present state, usable in another thread."""

    def close(self) -> None:
        """Release everything; closing twice changes nothing."""

    def bind(self, channels: Sequence[ChannelSpec]) -> ChannelView:
        """Resolve channels once. Raises ChannelError naming the path and what the prim does offer."""

    def save(self, out: NDArray[np.float64]) -> None:
        """Write the raw state, `state_size` numbers; it holds no parameters."""

    def load(self, state: NDArray[np.float64]) -> None:
        """Take over a raw state, bit-exact, under this model's parameters."""

    def healthy(self) -> bool:
        """False when the state is not finite or has diverged."""


class Model(Protocol):
    """An immutable compiled model, shared by many simulations."""

    @property
    def digest(self) -> str:
        """sha256 hex of scene, overrides and settings; not of the time step."""

    @property
    def warnings(self) -> tuple[SceneWarning, ...]:
        """What this engine doesn't carry over from the scene."""

    @property
    def channels(self) -> tuple[ChannelSpec, ...]:
        """Every channel that can be bound."""

    @property
    def parameters(self) -> Mapping[str, float]:
        """Every parameter that can be overridden, with its present value."""

    def with_parameters(self, overrides: Mapping[str, float]) -> "Model":
        """The model under a complete set of overrides (not on top of earlier ones).

        Raises:
            ParameterError: names the parameter and the known ones.
        """

    def simulate(self, dt: float) -> Simulation:
        """A simulation at the initial state with steps of `dt` seconds."""


class Engine(Protocol):
    """A physics engine. Installed ones are entry points of the group `hanzo_twin.engines`."""

    @property
    def name(self) -> str:
        """As `engine.type` says it."""

    @property
    def build(self) -> str:
        """What must be equal for equal bits, beside the CPU."""

    @property
    def capabilities(self) -> EngineCapabilities:
        """What it supports."""

    def compile(self, scene: SceneModel, config: EngineConfig) -> Model:
        """Compile a scene.

        Raises:
            SceneError: the scene can't be simulated.
            EngineError: the engine refuses it or a setting.
        """

    def load_scene(self, usd_path: str, config: EngineConfig) -> Simulation:
        """Read a USD file, compile it and stand at its initial state (the standard's LoadScene)."""
