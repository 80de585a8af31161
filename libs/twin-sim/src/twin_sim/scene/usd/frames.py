"""Where prims are: stage units and up axis turned into metres and Z up, scale taken apart from pose."""

import math
from dataclasses import dataclass

from pxr import Gf, Usd, UsdGeom, UsdPhysics

from twin_sim.errors import SceneError
from twin_sim.scene.spatial import Pose, Quat, Vec3, normalized, rotate

_HALF = math.sqrt(0.5)
_TO_Z_UP: dict[str, Quat] = {
    "Z": (1.0, 0.0, 0.0, 0.0),
    "Y": (_HALF, _HALF, 0.0, 0.0),
    "X": (_HALF, 0.0, -_HALF, 0.0),
}
_SHEAR = 1e-5


@dataclass(frozen=True, slots=True)
class Units:
    """What one unit of the stage is in SI."""

    meters: float
    kilograms: float


class Frames:
    """Poses of a stage's prims in SI, Z up."""

    def __init__(self, stage: Usd.Stage) -> None:
        """Read units and up axis.

        Raises:
            SceneError: a unit isn't positive, or no axis is up.
        """
        self.units = Units(UsdGeom.GetStageMetersPerUnit(stage), UsdPhysics.GetStageKilogramsPerUnit(stage))
        if not (0 < self.units.meters < math.inf and 0 < self.units.kilograms < math.inf):
            raise SceneError(
                "", f"units of the stage are {self.units}", "Set positive metersPerUnit, kilogramsPerUnit."
            )
        self.up_axis = str(UsdGeom.GetStageUpAxis(stage))
        if self.up_axis not in _TO_Z_UP:
            raise SceneError("", f"upAxis of the stage is {self.up_axis[:80]!r}", "Set upAxis to Y or Z.")
        self._up = _TO_Z_UP[self.up_axis]
        self._cache = UsdGeom.XformCache(Usd.TimeCode.Default())

    @property
    def stage(self) -> Pose:
        """The stage's own frame in the world."""
        return Pose(orientation=self._up)

    def direction(self, v: Vec3) -> Vec3:
        """A direction of the stage, Z up."""
        return rotate(self._up, v)

    def pose(self, prim: Usd.Prim) -> Pose:
        """A prim's frame in the world, without its scale."""
        matrix, rows = self._rows(prim)
        quat = Gf.Matrix3d(*[c for row in rows for c in row]).ExtractRotation().GetQuat()
        imaginary = quat.GetImaginary()
        local = (quat.GetReal(), imaginary[0], imaginary[1], imaginary[2])
        moved = matrix.ExtractTranslation() * self.units.meters
        here = Pose((moved[0], moved[1], moved[2]), normalized(local))
        return self.stage @ here if self.up_axis != "Z" else here

    def scale(self, prim: Usd.Prim) -> Vec3:
        """How much longer a prim's own axes are in the world; one is negative when it is mirrored."""
        matrix, _ = self._rows(prim)
        x, y, z = (matrix.GetRow3(row).GetLength() for row in range(3))
        return (-x if matrix.GetDeterminant3() < 0 else x, y, z)

    def is_sheared(self, prim: Usd.Prim) -> bool:
        """Whether a prim's axes are no longer at right angles."""
        _, rows = self._rows(prim)
        return any(abs(Gf.Dot(rows[a], rows[b])) > _SHEAR for a, b in ((0, 1), (0, 2), (1, 2)))

    def local(self, prim: Usd.Prim, point: Vec3) -> Vec3:
        """A point in a prim's own space as metres in its frame without scale."""
        scale, meters = self.scale(prim), self.units.meters
        return (point[0] * scale[0] * meters, point[1] * scale[1] * meters, point[2] * scale[2] * meters)

    def _rows(self, prim: Usd.Prim) -> tuple[Gf.Matrix4d, list[Gf.Vec3d]]:
        matrix = self._cache.GetLocalToWorldTransform(prim)
        rows = [matrix.GetRow3(row) for row in range(3)]
        lengths = [row.GetLength() for row in rows]
        if not all(0 < length < math.inf for length in lengths):
            raise SceneError(
                str(prim.GetPath()), f"scale is {tuple(lengths)}", "Give every axis a scale other than 0."
            )
        if matrix.GetDeterminant3() < 0:
            lengths[0] = -lengths[0]
        return matrix, [row / length for row, length in zip(rows, lengths, strict=True)]
