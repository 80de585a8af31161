"""A roll-out that is sampled only where somebody looks has the values of one with every sample."""

import random

import pytest

from twin_schemas.records import Channel, ChannelKind, ChannelRole
from twin_sim.fold import ChannelLayout
from twin_sim.fold.advance import advance
from twin_sim.fold.events import Interval
from twin_sim.testing.cart import Cart

LAYOUT = ChannelLayout.of([Channel(0, "/Rail", ChannelKind.POSITION, "m", ChannelRole.OBSERVED)])


class Squares(Cart):
    """Exact however its steps are grouped, and bent, so that a sample that is missing shows."""

    def advance(self, steps: int) -> None:
        self.steps_done += steps

    def read(self) -> list[float]:
        return [float(self.steps_done**2)]


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("length", [33, 1_000, 33_333_333])
def test_values_are_the_same_as_among_all_samples(stride: int, length: int) -> None:
    dice = random.Random(length * stride)
    interval = Interval(100, 100 + length, 11, 0.1, stride)
    for _ in range(50):
        looks = sorted({100 + dice.randrange(length + 1) for _ in range(3)} | {100, 100 + length})
        full = advance(Squares(), LAYOUT, interval, [], {}).trajectory
        sparse = advance(Squares(), LAYOUT, interval, [], {}, looks).trajectory
        for trajectory in (full, sparse):
            trajectory.times.insert(0, 100)
            trajectory.values.insert(0, [0.0])
        assert [sparse.at(0, look) for look in looks] == [full.at(0, look) for look in looks]


def test_nobody_looking_leaves_the_end_alone() -> None:
    interval = Interval(0, 1000, 10, 0.1, 1)
    assert advance(Squares(), LAYOUT, interval, [], {}, [5000]).trajectory.times == [1000]
