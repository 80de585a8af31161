"""The test scenes: files, variants of them, and an arm of six joints."""

from pathlib import Path

_FOLDER = Path(__file__).parent


def scene(name: str, *changes: tuple[str, str]) -> bytes:
    """A scene file, with text replaced; every replacement must find something."""
    text = (_FOLDER / f"{name}.usda").read_text()
    for old, new in changes:
        assert old in text, f"{old!r} is not in {name}.usda"
        text = text.replace(old, new, 1)
    return text.encode()


def six_joint_arm() -> bytes:
    """Six driven links, each hinged to the one before, axes Z Y Y Z Y Z."""
    parts = [
        (
            '#usda 1.0\n(\n    upAxis = "Z"\n    metersPerUnit = 1\n)\n'
            'def Xform "World"\n{\n    def PhysicsScene "Physics" {}\n'
        )
    ]
    for number, axis in enumerate("ZYYZYZ"):
        body0 = f"rel physics:body0 = </World/link{number - 1}>" if number else ""
        anchor = "(0, 0, 0.2)" if number else "(0, 0, 0.1)"
        parts.append(f"""
    def PhysicsRevoluteJoint "joint{number}" (prepend apiSchemas = ["PhysicsDriveAPI:angular"])
    {{
        uniform token physics:axis = "{axis}"
        {body0}
        rel physics:body1 = </World/link{number}>
        point3f physics:localPos0 = {anchor}
        float drive:angular:physics:stiffness = 4
        float drive:angular:physics:damping = 0.4
        double hanzo:joint:friction = 0.02
    }}
    def Xform "link{number}" (prepend apiSchemas = ["PhysicsRigidBodyAPI", "PhysicsMassAPI"])
    {{
        double3 xformOp:translate = (0, 0, {0.1 + 0.2 * number})
        uniform token[] xformOpOrder = ["xformOp:translate"]
        float physics:mass = {1.5 - 0.2 * number}
        def Capsule "skin" (prepend apiSchemas = ["PhysicsCollisionAPI"])
        {{
            uniform token axis = "Z"
            double height = 0.14
            double radius = 0.03
            double3 xformOp:translate = (0, 0, 0.1)
            uniform token[] xformOpOrder = ["xformOp:translate"]
        }}
    }}
""")
    return "".join([*parts, "}\n"]).encode()
