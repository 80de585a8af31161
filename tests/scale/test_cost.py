"""What a frame costs with many twins is compared with few before and afterwards."""

import pytest
from _cost import Cost, grown


def cost(twins, us, heard=1000):
    return Cost(twins, 1000, heard, us * 1000 / 1e6, 10.0)


def test_a_machine_that_changed_meanwhile_is_evened_out():
    assert grown([cost(50, 100.0), cost(200, 165.0), cost(50, 200.0)]) == pytest.approx(1.1)


def test_frames_of_silence_are_told_from_messages():
    half = cost(50, 100.0, heard=1250)
    assert (half.share, half.arrived) == (0.4, 0.5)
