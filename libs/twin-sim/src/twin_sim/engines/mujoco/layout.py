"""Where a compiled model keeps what USD paths name."""

from dataclasses import dataclass

import mujoco

from twin_sim.engines.api import ChannelKind, ChannelSpec
from twin_sim.errors import ChannelError, UnknownJoint
from twin_sim.scene.model import Joint, JointKind, SceneModel
from twin_sim.scene.topology import arrange


@dataclass(frozen=True, slots=True)
class JointPlace:
    """A joint that moves.

    Attributes:
        index: among the joints that move; its place in each block of userdata.
        path: USD path.
        unit: of its position: rad or m.
        position: address in qpos.
        dof: address in qvel.
        actuator: of its drive; -1: it has none.
        stiffness: of its drive.
        damping: of its drive.
        max_force: of its drive; infinite: no bound.
        offset: constant effort.
    """

    index: int
    path: str
    unit: str
    position: int
    dof: int
    actuator: int
    stiffness: float
    damping: float
    max_force: float
    offset: float


@dataclass(frozen=True, slots=True)
class BodyPlace:
    """A body: its number, and where a free one keeps pose and velocity in qpos and qvel; -1: not free."""

    path: str
    body: int
    position: int
    dof: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Joints and bodies by USD path."""

    joints: dict[str, JointPlace]
    bodies: dict[str, BodyPlace]

    @classmethod
    def of(cls, scene: SceneModel, model: mujoco.MjModel) -> "Layout":
        """Look every path up in a compiled model."""
        links = arrange(scene)
        moving = [
            link.joint for link in links if link.joint is not None and link.joint.kind is not JointKind.FIXED
        ]
        joints = {joint.path: _joint(model, index, joint) for index, joint in enumerate(moving)}
        bodies = {link.body: _body(model, link.body, link.joint is None) for link in links}
        return cls(joints, bodies)

    def joint(self, path: str) -> JointPlace:
        """A joint that moves. Raises UnknownJoint."""
        place = self.joints.get(path)
        if place is None:
            raise UnknownJoint(f"no joint {path} that moves; known: {_listed(self.joints)}")
        return place

    def channels(self) -> tuple[ChannelSpec, ...]:
        """Every channel, sorted by path."""
        kinds = (ChannelKind.POSITION, ChannelKind.VELOCITY, ChannelKind.EFFORT)
        of_joints = [ChannelSpec(path, kind) for path in self.joints for kind in kinds]
        of_bodies = [ChannelSpec(path, ChannelKind.POSE) for path in self.bodies]
        of_free = [
            ChannelSpec(path, ChannelKind.TWIST) for path, body in self.bodies.items() if body.dof >= 0
        ]
        return tuple(sorted([*of_joints, *of_bodies, *of_free], key=lambda spec: spec.path))

    def resolve(self, spec: ChannelSpec) -> JointPlace | BodyPlace:
        """What a channel belongs to.

        Raises:
            ChannelError: no such prim, or it doesn't offer this kind; says what it offers.
        """
        if spec.path in self.joints:
            if spec.kind not in (ChannelKind.POSE, ChannelKind.TWIST):
                return self.joints[spec.path]
            raise ChannelError(f"{spec.path} has no {spec.kind}; a joint offers position, velocity, effort")
        if spec.path in self.bodies:
            body = self.bodies[spec.path]
            if spec.kind is ChannelKind.POSE or (spec.kind is ChannelKind.TWIST and body.dof >= 0):
                return body
            offers = "pose and twist" if body.dof >= 0 else "pose"
            raise ChannelError(f"{spec.path} has no {spec.kind}; this body offers {offers}")
        known = _listed(sorted([*self.joints, *self.bodies]))
        raise ChannelError(f"{spec.path}: no joint that moves and no body has this path; known: {known}")


def _joint(model: mujoco.MjModel, index: int, joint: Joint) -> JointPlace:
    number = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_JOINT, joint.path)
    drive = joint.drive
    bound = float("inf") if drive is None or drive.max_force is None else drive.max_force
    return JointPlace(
        index=index,
        path=joint.path,
        unit="rad" if joint.kind is JointKind.REVOLUTE else "m",
        position=int(model.jnt_qposadr[number]),
        dof=int(model.jnt_dofadr[number]),
        actuator=mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_ACTUATOR, joint.path) if drive else -1,
        stiffness=drive.stiffness if drive else 0.0,
        damping=drive.damping if drive else 0.0,
        max_force=bound,
        offset=joint.effort_offset,
    )


def _body(model: mujoco.MjModel, path: str, free: bool) -> BodyPlace:
    body = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_BODY, path)
    if not free:
        return BodyPlace(path, body, -1, -1)
    joint = int(model.body_jntadr[body])
    return BodyPlace(path, body, int(model.jnt_qposadr[joint]), int(model.jnt_dofadr[joint]))


def _listed(paths: "list[str] | dict[str, JointPlace]", most: int = 12) -> str:
    names = list(paths)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) or "none") + more
