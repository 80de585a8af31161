"""What a stage says and a simulation leaves out: each such thing is a warning."""

import math

from pxr import Usd, UsdGeom, UsdLux, UsdPhysics

from twin_sim.scene.usd.attributes import number
from twin_sim.scene.usd.context import Reading

JOINT_ATTRIBUTES = frozenset(
    f"hanzo:joint:{name}"
    for name in ("friction", "damping", "armature", "effortOffset", "initialPosition", "initialVelocity")
)
_FOREIGN = ("physx", "newton", "mjc", "isaac")
_ANIMATED = ("xformOp:", "physics:", "drive:", "hanzo:")


def note_leftovers(reading: Reading) -> None:
    """Warn of everything that the other readers don't look at."""
    for prim in reading.prims:
        _pictures(reading, prim)
        _physics(reading, prim)
        _foreign(reading, prim)
        _own(reading, prim)
        _animation(reading, prim)


def _pictures(reading: Reading, prim: Usd.Prim) -> None:
    if prim.IsA(UsdGeom.PointInstancer):
        reading.warn(prim, "point_instancer", "its instances are left out; author them as prims")
    elif prim.IsA(UsdGeom.Camera) or prim.HasAPI(UsdLux.LightAPI):
        reading.warn(prim, "not_rendered", f"a {prim.GetTypeName()} has no part in the physics")
    elif prim.IsA(UsdGeom.Gprim) and not prim.HasAPI(UsdPhysics.CollisionAPI):
        reading.warn(prim, "not_rendered", "it has no CollisionAPI and has no part in the physics")


def _physics(reading: Reading, prim: Usd.Prim) -> None:
    if prim.IsA(UsdPhysics.CollisionGroup):
        reading.warn(prim, "collision_group", "collision groups are left out: everything in it can touch")
    if prim.HasAPI(UsdPhysics.FilteredPairsAPI):
        reading.warn(prim, "filtered_pairs", "filtered pairs are left out: the pairs can touch")
    if prim.HasAPI(UsdPhysics.RigidBodyAPI):
        body = UsdPhysics.RigidBodyAPI(prim)
        if body.GetRigidBodyEnabledAttr().Get() and body.GetKinematicEnabledAttr().Get():
            reading.warn(prim, "kinematic", "a kinematic body stands still: nothing moves it")
        if body.GetStartsAsleepAttr().Get():
            reading.warn(prim, "starts_asleep", "bodies never sleep; it falls from the start")
    if prim.HasAPI(UsdPhysics.CollisionAPI) and prim.HasAPI(UsdPhysics.MeshCollisionAPI):
        reading.warn(prim, "mesh_collision", "the approximation of meshes is left out")
    if prim.IsA(UsdPhysics.Joint):
        for name in ("physics:breakForce", "physics:breakTorque"):
            if not math.isinf(number(prim, name, math.inf)):
                reading.warn(prim, "unbreakable", f"{name} is left out: the joint never breaks")
        own = {"PhysicsRevoluteJoint": "angular", "PhysicsPrismaticJoint": "linear"}.get(
            str(prim.GetTypeName())
        )
        for schema in prim.GetAppliedSchemas():
            kind, _, instance = schema.partition(":")
            if kind in ("PhysicsDriveAPI", "PhysicsLimitAPI") and (
                instance != own or kind == "PhysicsLimitAPI"
            ):
                reading.warn(prim, "other_freedom", f"{schema} is left out: it isn't the joint's own freedom")


def _foreign(reading: Reading, prim: Usd.Prim) -> None:
    names = [str(name) for name in prim.GetAuthoredPropertyNames()]
    foreign = sorted(name for name in names if name.lower().startswith(_FOREIGN))
    foreign += sorted(
        s for s in prim.GetPrimTypeInfo().GetAppliedAPISchemas() if s.lower().startswith(_FOREIGN)
    )
    if foreign:
        reading.warn(
            prim, "foreign_attributes", f"attributes of other simulators are left out: {', '.join(foreign)}"
        )


def _own(reading: Reading, prim: Usd.Prim) -> None:
    own = {str(name) for name in prim.GetAuthoredPropertyNames() if str(name).startswith("hanzo:")}
    known = JOINT_ATTRIBUTES if prim.IsA(UsdPhysics.Joint) else frozenset()
    unknown = sorted(own - known)
    if unknown:
        reading.warn(
            prim, "unknown_attribute", f"nothing reads {', '.join(unknown)}; see docs/scene-attributes.md"
        )


def _animation(reading: Reading, prim: Usd.Prim) -> None:
    moving = [
        str(attribute.GetName())
        for attribute in prim.GetAuthoredAttributes()
        if str(attribute.GetName()).startswith(_ANIMATED) and attribute.GetNumTimeSamples() > 0
    ]
    if moving:
        reading.warn(prim, "animated", f"time samples are left out: {', '.join(sorted(moving))}")
