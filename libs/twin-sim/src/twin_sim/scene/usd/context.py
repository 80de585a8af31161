"""What the readers of one stage share."""

from dataclasses import dataclass, field

from pxr import Usd, UsdPhysics

from twin_sim.scene.usd.frames import Frames
from twin_sim.scene.warning import SceneWarning


@dataclass(slots=True)
class Reading:
    """A stage that is being read.

    Attributes:
        stage: open.
        frames: poses of its prims.
        prims: every active prim, instances included, in the stage's order.
        warnings: found so far.
    """

    stage: Usd.Stage
    frames: Frames
    prims: list[Usd.Prim]
    warnings: list[SceneWarning] = field(default_factory=list)

    @classmethod
    def of(cls, stage: Usd.Stage) -> "Reading":
        """Begin to read a stage."""
        prims = list(Usd.PrimRange.Stage(stage, Usd.TraverseInstanceProxies()))
        return cls(stage, Frames(stage), prims)

    def warn(self, prim: Usd.Prim, code: str, message: str) -> None:
        """Note what isn't carried over."""
        self.warnings.append(SceneWarning(str(prim.GetPath()), code, message))


def moves(prim: Usd.Prim) -> bool:
    """Whether a prim is a rigid body that physics moves."""
    if not prim.HasAPI(UsdPhysics.RigidBodyAPI):
        return False
    api = UsdPhysics.RigidBodyAPI(prim)
    return bool(api.GetRigidBodyEnabledAttr().Get()) and not api.GetKinematicEnabledAttr().Get()


def enclosing_body(prim: Usd.Prim) -> Usd.Prim | None:
    """The nearest rigid body at or above a prim; None: there is none, or it doesn't move."""
    while prim and not prim.IsPseudoRoot():
        if prim.HasAPI(UsdPhysics.RigidBodyAPI):
            return prim if moves(prim) else None
        prim = prim.GetParent()
    return None
