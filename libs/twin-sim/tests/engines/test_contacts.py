"""Resting, sliding and rolling surfaces."""

import math

import pytest
from scene_files import scene

from twin_sim.engines.api import ChannelKind, ChannelSpec

BOX = ChannelSpec("/World/box", ChannelKind.POSE)
G = 9.81


def slope(degrees):
    """A floor that is tilted, seen from a frame that is tilted along with it."""
    angle = math.radians(degrees)
    return (G * math.sin(angle), 0.0, -G * math.cos(angle))


@pytest.mark.parametrize(
    ("shape", "height"),
    [
        ('def Cube "box"', 0.1),
        ('def Sphere "box"', 0.1),
        ('def Cylinder "box"', 0.1),
        ('def Capsule "box"', 0.2),
    ],
)
def test_every_shape_rests_on_the_floor(model_of, shape, height):
    size = "double size = 0.2" if "Cube" in shape else "double radius = 0.1"
    if "Cylinder" in shape or "Capsule" in shape:
        size += "\n        double height = 0.2"
    source = scene(
        "box_on_plane",
        ('def Cube "box"', shape),
        ("double size = 0.2", size),
        ("(0, 0, 0.105)", f"(0, 0, {height + 0.005})"),
    )
    simulation = model_of(source).simulate(0.001)
    view = simulation.bind([BOX])
    simulation.step(2000)
    settled = view.read()[0]
    assert settled[2] == pytest.approx(height, abs=1e-3)
    simulation.step(1000)
    assert view.read()[0][2] == pytest.approx(settled[2], abs=1e-5)


def test_a_box_holds_on_a_slope_below_its_angle_of_friction(model_of):
    simulation = model_of(scene("box_on_plane"), gravity=slope(15)).simulate(0.001)
    view = simulation.bind([BOX])
    simulation.step(500)
    begin = view.read()[0][0]
    simulation.step(1000)
    assert view.read()[0][0] - begin < 1e-3


def sliding(model):
    simulation = model.simulate(0.001)
    view = simulation.bind([BOX])
    simulation.step(500)
    places = [view.read()[0][0]]
    for _ in range(2):
        simulation.step(500)
        places.append(view.read()[0][0])
    return (places[2] - 2 * places[1] + places[0]) / 0.5**2


def test_a_box_slides_down_a_steep_slope_as_coulomb_says(model_of):
    expected = G * (math.sin(math.radians(30)) - 0.4 * math.cos(math.radians(30)))
    assert sliding(model_of(scene("box_on_plane"), gravity=slope(30))) == pytest.approx(expected, rel=0.02)


def test_a_changed_friction_changes_the_slide(model_of):
    model = model_of(scene("box_on_plane"), gravity=slope(30))
    slippery = model.with_parameters({"/World/rubber.dynamicFriction": 0.1})
    expected = G * (math.sin(math.radians(30)) - 0.1 * math.cos(math.radians(30)))
    assert sliding(slippery) == pytest.approx(expected, rel=0.02)


def test_an_authored_surface_wins_over_the_default_one(model_of):
    source = scene(
        "box_on_plane",
        ("rel material:binding:physics = </World/rubber>", ""),
        ("Friction = 0.4", "Friction = 0.1"),
        ("Friction = 0.4", "Friction = 0.1"),
    )
    expected = G * (math.sin(math.radians(30)) - 0.1 * math.cos(math.radians(30)))
    assert sliding(model_of(source, gravity=slope(30))) == pytest.approx(expected, rel=0.02)


def test_neighbours_across_a_joint_do_not_touch_and_others_do(model_of):
    """The elbow folded: the forearm lies inside the upper arm, which must not push it out."""
    simulation = model_of(scene("two_joint_arm")).simulate(0.001)
    elbow = [ChannelSpec("/World/Arm/elbow", kind) for kind in (ChannelKind.POSITION, ChannelKind.VELOCITY)]
    view = simulation.bind(elbow)
    view.write(0, [math.pi])
    simulation.step()
    free = view.read()[1][0]
    touching = model_of(
        scene(
            "two_joint_arm",
            (
                "point3f physics:localPos0 = (0.5, 0, 0)",
                "point3f physics:localPos0 = (0.5, 0, 0)\n            bool physics:collisionEnabled = 1",
            ),
        )
    )
    simulation = touching.simulate(0.001)
    view = simulation.bind(elbow)
    view.write(0, [math.pi])
    simulation.step()
    # only the drive acts: 1 N m/deg over 180 degrees, bounded to 30 N m, on about 0.054 kg m^2
    assert -1.5 < free < 0
    assert abs(view.read()[1][0] - free) > 0.1
