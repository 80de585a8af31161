"""The MuJoCo engine."""

import logging
import math

import mujoco

from twin_sim.engines.api import EngineCapabilities, EngineConfig, ReplayClass
from twin_sim.engines.mujoco.model import Family, MujocoModel
from twin_sim.engines.mujoco.simulation import MujocoSimulation
from twin_sim.engines.mujoco.timers import stop_timers
from twin_sim.errors import EngineError
from twin_sim.scene.model import SceneModel
from twin_sim.scene.usd.read import read_stage

_log = logging.getLogger(__name__)

_MAX_STEP_HZ = 100_000


class MujocoEngine:
    """See `twin_sim.engines.api.Engine`. Replays are bit-equal on the same build and CPU type."""

    name = "mujoco"
    build: str = mujoco.mj_versionString()
    capabilities = EngineCapabilities(
        ray_tracing=False,
        soft_body=False,
        fluid=False,
        max_step_hz=_MAX_STEP_HZ,
        gpu_required=False,
        ros_bridge=False,
        parallel_envs=4096,
        replay=ReplayClass.EXACT,
        render=False,
    )

    def compile(self, scene: SceneModel, config: EngineConfig) -> MujocoModel:
        """Compile a scene. Raises SceneError, EngineError."""
        _check(config)
        # MuJoCo would print to the terminal and write a file into the working folder
        mujoco.set_mju_user_warning(_log.warning)
        stop_timers()
        return Family(self, scene, config).member({})

    def load_scene(self, usd_path: str, config: EngineConfig) -> MujocoSimulation:
        """Read a USD file and stand at its initial state. Raises SceneError, EngineError."""
        model = self.compile(read_stage(usd_path), config)
        return model.simulate(1.0 / (config.step_hz * config.substeps))


def _check(config: EngineConfig) -> None:
    if not (math.isfinite(config.step_hz) and 0 < config.step_hz * config.substeps <= _MAX_STEP_HZ):
        raise EngineError(
            f"step_hz is {config.step_hz}; with substeps it must be above 0 and at most {_MAX_STEP_HZ}"
        )
    if config.substeps < 1:
        raise EngineError(f"substeps is {config.substeps}; it must be at least 1")
    if config.solver_iterations < 1:
        raise EngineError(f"solver_iterations is {config.solver_iterations}; it must be at least 1")
    if config.gravity is not None and not all(map(math.isfinite, config.gravity)):
        raise EngineError(f"gravity is {config.gravity}; give three finite numbers in m/s^2")
