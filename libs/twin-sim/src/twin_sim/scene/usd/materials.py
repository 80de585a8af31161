"""Physics materials."""

from collections.abc import Iterable

from pxr import UsdPhysics

from twin_sim.scene.model import Collider, Material
from twin_sim.scene.usd.attributes import is_authored, non_negative
from twin_sim.scene.usd.context import Reading

_STATIC, _DYNAMIC, _RESTITUTION = "physics:staticFriction", "physics:dynamicFriction", "physics:restitution"


def read_materials(reading: Reading, colliders: Iterable[Collider]) -> tuple[Material, ...]:
    """The materials that colliders use; a friction that isn't given is the other one."""
    materials = []
    for path in sorted({collider.material for collider in colliders if collider.material}):
        prim = reading.stage.GetPrimAtPath(path)
        static, dynamic = non_negative(prim, _STATIC), non_negative(prim, _DYNAMIC)
        if is_authored(prim, _STATIC) != is_authored(prim, _DYNAMIC):
            static = dynamic = max(static, dynamic)
        restitution = non_negative(prim, _RESTITUTION)
        materials.append(Material(path, static, dynamic, restitution))
    return tuple(materials)


def densities(reading: Reading) -> dict[str, float]:
    """Density by material path, kg/m^3, where one is given."""
    units = reading.frames.units
    found = {}
    for prim in reading.prims:
        if prim.HasAPI(UsdPhysics.MaterialAPI):
            density = non_negative(prim, "physics:density")
            if density > 0:
                found[str(prim.GetPath())] = density * units.kilograms / units.meters**3
    return found
