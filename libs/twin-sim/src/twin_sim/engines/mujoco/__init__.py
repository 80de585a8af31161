"""MuJoCo: the primary engine."""

from twin_sim.engines.mujoco.engine import MujocoEngine

ENGINE = MujocoEngine()

__all__ = ["ENGINE", "MujocoEngine"]
