"""The neutral scene model: what every engine builds its own from. SI units, radians, Z up, by USD path."""

from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

from twin_sim.scene import canonical
from twin_sim.scene.shapes import Shape
from twin_sim.scene.spatial import IDENTITY, ORIGIN, Pose, Quat, Vec3
from twin_sim.scene.warning import SceneWarning


@dataclass(frozen=True, slots=True)
class Body:
    """A rigid body.

    Attributes:
        path: USD path.
        pose: of its frame (the prim's, without scale) in the world, at the start.
        mass: kg.
        center_of_mass: in its frame, m.
        inertia: principal moments about the centre of mass, kg m^2.
        inertia_axes: the principal axes in its frame.
        velocity: m/s in the world, at the start; free bodies only.
        angular_velocity: rad/s in the world, at the start; free bodies only.
    """

    path: str
    pose: Pose
    mass: float
    center_of_mass: Vec3
    inertia: Vec3
    inertia_axes: Quat = IDENTITY
    velocity: Vec3 = ORIGIN
    angular_velocity: Vec3 = ORIGIN


class JointKind(StrEnum):
    """How a joint lets its bodies move."""

    FIXED = "fixed"
    REVOLUTE = "revolute"
    PRISMATIC = "prismatic"


@dataclass(frozen=True, slots=True)
class Drive:
    """A spring and damper towards a target: effort = k (target - q) + d (target' - q'), bounded.

    Attributes:
        stiffness: N m/rad or N/m.
        damping: N m s/rad or N s/m.
        max_force: N m or N; None: no bound.
        target_position: rad or m, at the start.
        target_velocity: rad/s or m/s, at the start.
    """

    stiffness: float
    damping: float
    max_force: float | None = None
    target_position: float = 0.0
    target_velocity: float = 0.0


@dataclass(frozen=True, slots=True)
class Joint:
    """What holds body 1 to body 0.

    Attributes:
        path: USD path.
        kind: fixed, revolute or prismatic.
        body0: path; None: the world.
        body1: path; None: the world.
        frame0: the joint's frame in body 0.
        frame1: the joint's frame in body 1.
        axis: unit vector in the joint's frame; body 1 moves along or about it, seen from body 0.
        lower: rad or m; None: no limit.
        upper: rad or m; None: no limit.
        drive: None: it has none.
        friction: dry, N m or N.
        damping: viscous, N m s/rad or N s/m.
        armature: rotor inertia seen at the joint, kg m^2 or kg.
        effort_offset: constant effort on the joint, N m or N.
        position: at the start, rad or m.
        velocity: at the start, rad/s or m/s.
        bodies_collide: whether its two bodies can touch each other.
    """

    path: str
    kind: JointKind
    body0: str | None
    body1: str | None
    frame0: Pose
    frame1: Pose
    axis: Vec3 = (1.0, 0.0, 0.0)
    lower: float | None = None
    upper: float | None = None
    drive: Drive | None = None
    friction: float = 0.0
    damping: float = 0.0
    armature: float = 0.0
    effort_offset: float = 0.0
    position: float = 0.0
    velocity: float = 0.0
    bodies_collide: bool = False


@dataclass(frozen=True, slots=True)
class Material:
    """How a surface rubs and bounces.

    Attributes:
        path: USD path.
        static_friction: Coulomb coefficient at rest.
        dynamic_friction: Coulomb coefficient while sliding.
        restitution: 0: no bounce, 1: a full one.
    """

    path: str
    static_friction: float
    dynamic_friction: float
    restitution: float


@dataclass(frozen=True, slots=True)
class Collider:
    """A shape that touches others.

    Attributes:
        path: USD path.
        body: the body it belongs to; None: it stands still in the world.
        pose: of the shape in its body's frame, or in the world.
        shape: what it is.
        material: path; None: the default surface.
    """

    path: str
    body: str | None
    pose: Pose
    shape: Shape
    material: str | None = None


@dataclass(frozen=True, slots=True)
class SceneModel:
    """Everything that a simulation needs of a scene, sorted by USD path.

    Attributes:
        bodies: rigid bodies that can move, or are held by fixed joints.
        joints: between two bodies, or a body and the world.
        colliders: shapes that touch.
        materials: of the colliders.
        gravity: m/s^2.
        scene_path: the PhysicsScene prim; None: there is none.
        warnings: what reading left out; neither compared nor part of the digest.
    """

    bodies: tuple[Body, ...]
    joints: tuple[Joint, ...]
    colliders: tuple[Collider, ...]
    materials: tuple[Material, ...]
    gravity: Vec3
    scene_path: str | None = None
    warnings: tuple[SceneWarning, ...] = field(default=(), compare=False)

    def to_json(self) -> str:
        """The canonical form: sorted keys, floats bit-exact, no warnings."""
        return canonical.to_json(self, without=frozenset({"warnings"}))

    @classmethod
    def from_json(cls, text: str) -> "SceneModel":
        """Read the canonical form; the result has no warnings. Raises SceneError when it isn't one."""
        return canonical.from_json(cls, text, warnings=[])

    def digest(self) -> str:
        """sha256 of the canonical form, hex; the same however the stage is encoded."""
        return sha256(self.to_json().encode()).hexdigest()
