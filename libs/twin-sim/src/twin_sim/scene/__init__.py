"""Scenes: a USD stage read into a neutral model, from which every engine builds its own."""

from twin_sim.scene.model import Body, Collider, Drive, Joint, JointKind, Material, SceneModel
from twin_sim.scene.usd.read import read_stage
from twin_sim.scene.warning import SceneWarning

__all__ = [
    "Body",
    "Collider",
    "Drive",
    "Joint",
    "JointKind",
    "Material",
    "SceneModel",
    "SceneWarning",
    "read_stage",
]
