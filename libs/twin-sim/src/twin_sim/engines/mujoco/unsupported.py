"""What a scene says and MuJoCo can't do."""

import math

import mujoco

from twin_sim.engines.mujoco.layout import JointPlace, Layout
from twin_sim.scene.model import SceneModel
from twin_sim.scene.warning import SceneWarning

_RISKY = 1.0
"""(Natural frequency times step) squared from which a drive's spring is integrated badly; unstable at 4."""


def left_out(scene: SceneModel, layout: Layout, model: mujoco.MjModel) -> tuple[SceneWarning, ...]:
    """A warning for everything that this engine leaves out or is about to do badly."""
    found = []
    for material in scene.materials:
        if material.static_friction != material.dynamic_friction:
            found.append(
                SceneWarning(
                    material.path,
                    "one_friction",
                    f"MuJoCo has one coefficient: dynamicFriction {material.dynamic_friction:g} is used, "
                    f"staticFriction {material.static_friction:g} is not",
                )
            )
        if material.restitution > 0:
            found.append(SceneWarning(material.path, "no_restitution", "MuJoCo's contacts don't bounce"))
    for joint in layout.joints.values():
        warning = _stiff(joint, model)
        if warning is not None:
            found.append(warning)
    return tuple(found)


def _stiff(joint: JointPlace, model: mujoco.MjModel) -> SceneWarning | None:
    dt = model.opt.timestep
    square = joint.stiffness * float(model.dof_invweight0[joint.dof]) * dt * dt
    if square < _RISKY:
        return None
    enough = math.ceil(math.sqrt(square / _RISKY) / dt)
    return SceneWarning(
        joint.path,
        "stiff_drive",
        f"its drive is too stiff for {1 / dt:g} steps a second; use {enough} or more (step_hz times substeps)",
    )
