"""A USD stage as a scene model."""

from dataclasses import replace
from pathlib import Path

from twin_sim.errors import SceneError
from twin_sim.scene.model import SceneModel
from twin_sim.scene.topology import arrange
from twin_sim.scene.usd.bodies import read_bodies
from twin_sim.scene.usd.colliders import read_colliders
from twin_sim.scene.usd.context import Reading
from twin_sim.scene.usd.gravity import read_gravity
from twin_sim.scene.usd.joints import read_joints
from twin_sim.scene.usd.leftovers import note_leftovers
from twin_sim.scene.usd.materials import densities, read_materials
from twin_sim.scene.usd.stage import opened, understood
from twin_sim.scene.warning import SceneWarning


def read_stage(source: str | Path | bytes) -> SceneModel:
    """Read a USD stage.

    Args:
        source: path of a file, or the content of a self-contained usda, usdc or usdz file.

    Returns:
        The scene in SI units, Z up; `warnings` tells what isn't carried over.

    Raises:
        SceneError: it can't be opened, or can't be simulated; names the prim and what to change.
    """
    with opened(source) as stage, understood("it can't be made sense of"):
        reading = Reading.of(stage)
        colliders = read_colliders(reading)
        bodies = read_bodies(reading, colliders, densities(reading))
        gravity, scene_path = read_gravity(reading)
        scene = SceneModel(
            bodies=bodies,
            joints=read_joints(reading),
            colliders=colliders,
            materials=read_materials(reading, colliders),
            gravity=gravity,
            scene_path=scene_path,
        )
        note_leftovers(reading)
    warnings = [*reading.warnings, *_velocities_not_used(scene)]
    try:
        scene.to_json()
    except ValueError as error:
        raise SceneError(
            "", "a number of it overflows in SI units", "Look for huge sizes, masses and units."
        ) from error
    return replace(scene, warnings=tuple(sorted(warnings, key=lambda w: (w.path, w.code, w.message))))


def _velocities_not_used(scene: SceneModel) -> list[SceneWarning]:
    free = {link.body for link in arrange(scene) if link.joint is None}
    return [
        SceneWarning(
            body.path,
            "jointed_velocity",
            "a body on a joint starts at hanzo:joint:initialVelocity, not physics:velocity",
        )
        for body in scene.bodies
        if body.path not in free and (any(body.velocity) or any(body.angular_velocity))
    ]
