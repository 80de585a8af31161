"""Scenes for folds over a real engine, as USD text."""

HEADER = """#usda 1.0
(
    defaultPrim = "World"
    metersPerUnit = 1
    upAxis = "Z"
)
def PhysicsScene "Physics"
{
    vector3f physics:gravityDirection = (0, 0, -1)
    float physics:gravityMagnitude = 9.81
}
"""

PENDULUM = """
    def PhysicsRevoluteJoint "hinge"
    {
        uniform token physics:axis = "Y"
        rel physics:body1 = </World/arm>
        point3f physics:localPos0 = (0, 0, 1)
        point3f physics:localPos1 = (0, 0, 0)
        double hanzo:joint:damping = 0.02
    }
    def Xform "arm" (prepend apiSchemas = ["PhysicsRigidBodyAPI", "PhysicsMassAPI"])
    {
        double3 xformOp:translate = (0, 0, 1)
        uniform token[] xformOpOrder = ["xformOp:translate"]
        float physics:mass = 0.5
        point3f physics:centerOfMass = (0, 0, -0.4)
        float3 physics:diagonalInertia = (0.001, 0.001, 0.001)
    }
"""

BOX_ON_FLOOR = """
    def Cube "floor" (prepend apiSchemas = ["PhysicsCollisionAPI"])
    {
        double size = 1
        double3 xformOp:translate = (2, 0, -0.5)
        float3 xformOp:scale = (4, 4, 1)
        uniform token[] xformOpOrder = ["xformOp:translate", "xformOp:scale"]
    }
    def Xform "box" (prepend apiSchemas = ["PhysicsRigidBodyAPI"])
    {
        double3 xformOp:translate = (2, 0, 0.4)
        float3 xformOp:rotateXYZ = (20, 30, 10)
        uniform token[] xformOpOrder = ["xformOp:translate", "xformOp:rotateXYZ"]
        def Cube "shape" (prepend apiSchemas = ["PhysicsCollisionAPI", "PhysicsMassAPI"])
        {
            double size = 0.2
            float physics:density = 500
        }
    }
"""


def scene(*parts: str) -> bytes:
    """A stage with these parts under /World."""
    return (HEADER + 'def Xform "World"\n{' + "".join(parts) + "}\n").encode()
