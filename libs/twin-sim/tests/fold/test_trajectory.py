"""Interpolation of positions and orientations. Truth: SciPy's rotations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation, Slerp

from twin_sim.fold.innovation import difference, rotation_between
from twin_sim.fold.trajectory import slerp

UNIT = st.lists(st.floats(-1, 1), min_size=4, max_size=4).filter(lambda q: np.linalg.norm(q) > 0.1)


def unit(values: list[float]) -> list[float]:
    return list(np.array(values) / np.linalg.norm(values))


def rotation(wxyz: list[float]) -> Rotation:
    return Rotation.from_quat(wxyz, scalar_first=True)


@given(UNIT, UNIT, st.floats(0, 1))
def test_slerp_goes_along_the_shorter_arc(low: list[float], high: list[float], share: float) -> None:
    low, high = unit(low), unit(high)
    if abs(np.dot(low, high)) < 1e-6:
        return  # half a turn apart: both arcs are equally short
    ours = rotation(slerp(low, high, share))
    theirs = Slerp([0, 1], Rotation.concatenate([rotation(low), rotation(high)]))(share)
    assert (ours * theirs.inv()).magnitude() < 2e-4


@given(UNIT, UNIT)
def test_the_rotation_vector_turns_the_first_into_the_second(start: list[float], end: list[float]) -> None:
    start, end = unit(start), unit(end)
    vector = rotation_between(start, end)
    turned = Rotation.from_rotvec(vector) * rotation(start)
    assert (turned * rotation(end).inv()).magnitude() < 1e-7
    assert np.linalg.norm(vector) <= np.pi + 1e-9


def test_a_pose_difference_is_translation_and_rotation() -> None:
    measured = [1.0, 2.0, 3.0, *Rotation.from_rotvec([0.0, 0.0, 0.3]).as_quat(scalar_first=True)]
    predicted = [0.5, 2.0, 4.0, 1.0, 0.0, 0.0, 0.0]
    assert difference(measured, predicted) == pytest.approx([0.5, 0.0, -1.0, 0.0, 0.0, 0.3], abs=1e-12)
