"""Poses and rotations against SciPy."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from twin_sim.scene.spatial import Pose, from_rotation_vector, multiply, normalized, rotate, tilt, twist_angle

coordinates = st.floats(-10, 10)
vectors = st.tuples(coordinates, coordinates, coordinates)
rotations = st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: sum(x * x for x in q) > 0.01).map(normalized)
poses = st.builds(Pose, vectors, rotations)


def scipy(q):
    return Rotation.from_quat([q[1], q[2], q[3], q[0]])


@given(rotations, vectors)
def test_a_vector_is_rotated_as_scipy_does(q, v):
    assert rotate(q, v) == pytest.approx(scipy(q).apply(v), abs=1e-12)


@given(rotations, rotations)
def test_rotations_follow_each_other_as_in_scipy(p, q):
    assert (scipy(multiply(p, q)).inv() * scipy(p) * scipy(q)).magnitude() < 1e-7


@given(st.tuples(*[st.floats(-2, 2)] * 3))
def test_a_rotation_vector_turns_as_in_scipy(v):
    assert scipy(from_rotation_vector(v)).as_matrix() == pytest.approx(
        Rotation.from_rotvec(v).as_matrix(), abs=1e-12
    )


@given(poses, poses, vectors)
def test_a_point_goes_through_two_frames_one_after_the_other(outer, inner, point):
    assert (outer @ inner).point(point) == pytest.approx(outer.point(inner.point(point)), abs=1e-9)


@given(poses, vectors)
def test_the_inverse_leads_back(pose, point):
    assert pose.inverse().point(pose.point(point)) == pytest.approx(point, abs=1e-9)


@given(st.floats(-math.pi + 1e-6, math.pi - 1e-6))
def test_the_twist_of_a_turn_about_an_axis_is_its_angle(angle):
    axis = tuple(np.array([1.0, 2.0, -2.0]) / 3)
    q = from_rotation_vector((axis[0] * angle, axis[1] * angle, axis[2] * angle))
    assert twist_angle(q, axis) == pytest.approx(angle, abs=1e-9)
    assert tilt(q, axis) == pytest.approx(0, abs=1e-6)
