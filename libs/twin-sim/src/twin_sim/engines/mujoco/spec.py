"""A scene model as a MuJoCo model."""

import mujoco

from twin_sim.engines.mujoco.thrift import spare
from twin_sim.errors import EngineError
from twin_sim.scene.model import Body, Collider, Drive, Joint, JointKind, SceneModel
from twin_sim.scene.shapes import Box, Capsule, Cylinder, Sphere
from twin_sim.scene.spatial import Pose
from twin_sim.scene.topology import Link, arrange

ADAPTER = 1
"""Changes whenever the same scene would become a MuJoCo model that steps otherwise; part of the model's digest."""

DEFAULT_FRICTION = 0.5
"""Of a collider without a material, as UsdPhysics simulators have it."""

USER_BLOCKS = 4
"""Numbers per joint in mjData.userdata: measured and commanded effort, target position and velocity."""

_UNBOUNDED = 1e9
_STICK = 1e-4
"""Time constant of dry friction, s; MuJoCo raises it to two steps, which stops a joint within a step."""


def compile_scene(
    scene: SceneModel, gravity: tuple[float, float, float], iterations: int, dt: float
) -> mujoco.MjModel:
    """Compile a scene for MuJoCo.

    Implicit in velocity (`implicitfast`): joint and drive damping are stable at any step, and an undamped
    pendulum keeps its energy. Elliptic friction cones. MuJoCo's resetting of a diverged simulation is off: it
    would hide it.

    Args:
        scene: to compile.
        gravity: m/s^2.
        iterations: of the constraint solver, at most.
        dt: step, s.

    Raises:
        SceneError: its joints close a loop.
        EngineError: MuJoCo refuses it.
    """
    spec = mujoco.MjSpec()
    spec.compiler.degree = False
    option = spec.option
    option.timestep = dt
    option.gravity = gravity
    option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    option.impratio = 10.0
    option.iterations = iterations
    option.disableflags |= mujoco.mjtDisableBit.mjDSBL_AUTORESET | mujoco.mjtDisableBit.mjDSBL_FILTERPARENT
    links = arrange(scene)
    _bodies(spec, scene, links)
    _colliders(spec, scene)
    _excludes(spec, links)
    joints = [
        link.joint for link in links if link.joint is not None and link.joint.kind is not JointKind.FIXED
    ]
    for joint in joints:
        if joint.drive is not None:
            _drive(spec, joint.path, joint.drive)
    spec.nuserdata = USER_BLOCKS * len(joints)
    try:
        model = spec.compile()
    except (ValueError, mujoco.FatalError) as error:
        raise EngineError(f"MuJoCo refuses the scene: {error}") from error
    spare(model)
    return model


def _bodies(spec: mujoco.MjSpec, scene: SceneModel, links: tuple[Link, ...]) -> None:
    bodies = {body.path: body for body in scene.bodies}
    made: dict[str | None, mujoco.MjsBody] = {None: spec.worldbody}
    for link in links:
        body = bodies[link.body]
        # at joint position 0 the two frames coincide
        pose = body.pose if link.joint is None else link.parent_frame @ link.child_frame.inverse()
        made[link.body] = _body(made[link.parent], body, pose)
        if link.joint is None:
            made[link.body].add_freejoint(name=link.body)
        elif link.joint.kind is not JointKind.FIXED:
            _joint(made[link.body], link, link.joint)


def _body(parent: mujoco.MjsBody, body: Body, pose: Pose) -> mujoco.MjsBody:
    return parent.add_body(
        name=body.path,
        pos=pose.position,
        quat=pose.orientation,
        explicitinertial=True,
        mass=body.mass,
        ipos=body.center_of_mass,
        iquat=body.inertia_axes,
        inertia=body.inertia,
    )


def _joint(owner: mujoco.MjsBody, link: Link, joint: Joint) -> None:
    revolute = joint.kind is JointKind.REVOLUTE
    frame = link.child_frame
    limited = joint.lower is not None or joint.upper is not None
    owner.add_joint(
        name=joint.path,
        type=mujoco.mjtJoint.mjJNT_HINGE if revolute else mujoco.mjtJoint.mjJNT_SLIDE,
        pos=frame.position,
        axis=Pose(orientation=frame.orientation).point(link.axis),
        limited=limited,
        range=(
            -_UNBOUNDED if joint.lower is None else joint.lower,
            _UNBOUNDED if joint.upper is None else joint.upper,
        ),
        damping=[joint.damping, 0, 0],
        frictionloss=joint.friction,
        armature=joint.armature,
        solref_friction=[_STICK, 1.0],
        solimp_friction=[0.9999, 0.9999, 0.001, 0.5, 2.0],
    )


def _colliders(spec: mujoco.MjSpec, scene: SceneModel) -> None:
    friction = {material.path: material.dynamic_friction for material in scene.materials}
    for collider in scene.colliders:
        owner = spec.worldbody if collider.body is None else spec.body(collider.body)
        kind, size = _geometry(collider)
        slide = DEFAULT_FRICTION if collider.material is None else friction[collider.material]
        owner.add_geom(
            name=collider.path,
            type=kind,
            size=size,
            pos=collider.pose.position,
            quat=collider.pose.orientation,
            friction=[slide, 0.005, 0.0001],
            # a given surface wins over the default one; of two given ones MuJoCo takes the larger friction
            priority=0 if collider.material is None else 1,
        )


def _geometry(collider: Collider) -> tuple[mujoco.mjtGeom, list[float]]:
    match collider.shape:
        case Box(half=half):
            return mujoco.mjtGeom.mjGEOM_BOX, list(half)
        case Sphere(radius=radius):
            return mujoco.mjtGeom.mjGEOM_SPHERE, [radius, 0, 0]
        case Capsule(radius=radius, half_height=half_height):
            return mujoco.mjtGeom.mjGEOM_CAPSULE, [radius, half_height, 0]
        case Cylinder(radius=radius, half_height=half_height):
            return mujoco.mjtGeom.mjGEOM_CYLINDER, [radius, half_height, 0]
        case _:
            return mujoco.mjtGeom.mjGEOM_PLANE, [0, 0, 1]


def _excludes(spec: mujoco.MjSpec, links: tuple[Link, ...]) -> None:
    """Neighbours across a joint don't touch unless it says so; bodies on fixed joints count as one."""
    group: dict[str, str] = {}
    for link in links:
        fixed = link.joint is not None and link.joint.kind is JointKind.FIXED
        group[link.body] = (
            group.get(link.parent, link.parent) if fixed and link.parent is not None else link.body
        )
    members: dict[str, list[str]] = {}
    for body, root in group.items():
        members.setdefault(root, []).append(body)
    for link in links:
        joint = link.joint
        if joint is None or link.parent is None or joint.kind is JointKind.FIXED or joint.bodies_collide:
            continue
        for above in members[group[link.parent]]:
            for below in members[group[link.body]]:
                spec.add_exclude(bodyname1=above, bodyname2=below)


def _drive(spec: mujoco.MjSpec, joint: str, drive: Drive) -> None:
    """Effort = ctrl - k q - d q', bounded; `inputs` sets ctrl to k target + d target'."""
    spec.add_actuator(
        name=joint,
        target=joint,
        trntype=mujoco.mjtTrn.mjTRN_JOINT,
        gaintype=mujoco.mjtGain.mjGAIN_FIXED,
        gainprm=[1.0] + [0.0] * 9,
        biastype=mujoco.mjtBias.mjBIAS_AFFINE,
        biasprm=[0.0, -drive.stiffness, -drive.damping] + [0.0] * 7,
        forcelimited=drive.max_force is not None,
        forcerange=[-(drive.max_force or 0.0), drive.max_force or 0.0],
    )
