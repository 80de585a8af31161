"""A window whose forecast came true up to the readings needs no second roll-out, and says the same to the last bit."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scenes import BOX_ON_FLOOR, PENDULUM, scene

from twin_schemas import codec
from twin_schemas.records import Channel, ChannelKind, ChannelRole, Grid, ObservationFrame, Reading
from twin_sim.engines import load_engine
from twin_sim.fold import Fold, Foldable, HorizonWindow, Seed, engine_config, forecast, physics_opener
from twin_sim.fold.fold import OpenTwin
from twin_sim.fold.rollout import HeldRollOut
from twin_sim.scene import read_stage
from twin_sim.testing.cart import open_cart
from twin_sim.testing.journals import CONFIG, STAMPS, START, JournalBuilder, reading

MS = 1_000_000
WINDOW_NS = 108_333_333
"""Three ticks and four steps: where the fold samples a tick."""
HINGE, BOX = "/World/hinge", "/World/box"
CHANNELS = (
    Channel(0, HINGE, ChannelKind.POSITION, "rad", ChannelRole.OBSERVED),
    Channel(1, HINGE, ChannelKind.EFFORT, "N*m", ChannelRole.INPUT),
    Channel(2, BOX, ChannelKind.POSE, "m", ChannelRole.OBSERVED),
    Channel(3, HINGE, ChannelKind.VELOCITY, "rad/s", ChannelRole.OBSERVED),
)
FOLDING = replace(CONFIG, step_hz=480.0, horizon_ns=WINDOW_NS, gains={"position": 0.3, "pose": 0.1})
BEFORE = 3
Act = Callable[[JournalBuilder], None]


class Counted:
    """A seed that counts how often a twin was opened from it."""

    def __init__(self, seed: Seed) -> None:
        self._seed = seed
        self.opened = 0

    def __call__(self) -> Foldable:
        self.opened += 1
        return self._seed()


def opened(channels: tuple[Channel, ...]) -> tuple[OpenTwin, JournalBuilder]:
    """A pendulum beside a box that falls onto a floor, at 30 ticks a second."""
    model = load_engine("mujoco").compile(read_stage(scene(PENDULUM, BOX_ON_FLOOR)), engine_config(FOLDING))
    journal = JournalBuilder(FOLDING, channels)
    journal.grid = Grid(0, START, 30, 1)
    return physics_opener(lambda genesis: model), journal.begin(replace(STAMPS, model_digest=model.digest))


def windows(
    open_twin: OpenTwin, journal: JournalBuilder
) -> list[tuple[HorizonWindow, HorizonWindow, Counted]]:
    """A window at every tick, closed: one that made its forecast, and one that never did."""
    fold = Fold(open_twin)
    all_of_them: list[tuple[HorizonWindow, HorizonWindow, Counted]] = []
    for offset, record in journal:
        fold.take(offset, record)
        assert fold.parked is None
        if not isinstance(record, ObservationFrame) or fold.last is None:
            continue
        for each, alone, _ in all_of_them:
            each.observe(fold.last, record)
            alone.observe(fold.last, record)
        state, seed = fold.fork_at_tick()
        counted = Counted(seed)
        window = HorizonWindow(state, counted)
        window.forecast()
        all_of_them.append((window, HorizonWindow(state, seed), counted))
    fold.close()
    return [each for each in all_of_them if each[0].closed_offset >= 0]


def read(journal: JournalBuilder, effort: float, *more: Reading) -> None:
    """A frame with readings at many phases of the tick, some of them at a window's very end."""
    dice = np.random.default_rng(journal.tick + 1)
    at = journal.time(journal.tick + 1)
    times = [at, at - int(dice.integers(1, 30 * MS)), journal.time(journal.tick - 3) + WINDOW_NS]
    pose = (2.0, 0.0, 0.3, 1.0, 0.0, float(dice.normal(0, 0.1)), 0.0)
    journal.frame(
        *(reading(0, each, float(dice.normal(0, 0.3))) for each in times),
        *(reading(2, each, *pose) for each in times),
        reading(1, at - 5 * MS, effort),
        *more,
    )


def test_it_says_the_same_to_the_last_bit_as_a_second_roll_out() -> None:
    open_twin, journal = opened(CHANNELS)
    for tick in range(60):
        read(journal, 0.25 if tick < 30 else 0.01 * tick)
    pairs = windows(open_twin, journal)
    for window, alone, _ in pairs:
        residual = window.residual()
        assert len(residual.residuals) > len(CHANNELS)
        assert codec.encode(residual) == codec.encode(alone.residual())
    assert {counted.opened for _, _, counted in pairs[1:25]} == {1}
    assert {counted.opened for _, _, counted in pairs[30:]} == {2}


def push(journal: JournalBuilder) -> None:
    journal.push(0.4, joint=HINGE)
    read(journal, 0.0)


def relock(journal: JournalBuilder) -> None:
    journal.segment(Grid(journal.tick + 1, journal.time(journal.tick + 1) + 9 * MS, 30, 1))
    read(journal, 0.0)


ACTS: dict[str, Act] = {
    "another effort": lambda journal: read(journal, 0.001),
    "an effort of minus zero": lambda journal: read(journal, -0.0),
    "a command": push,
    "a tick that is longer": relock,
}


@pytest.mark.parametrize("act", ACTS.values(), ids=list(ACTS))
def test_whatever_else_acts_in_a_window_has_it_rolled_out_again(act: Act) -> None:
    open_twin, journal = opened(CHANNELS)
    for _ in range(BEFORE):
        read(journal, 0.0)
    act(journal)
    for _ in range(6):
        read(journal, 0.0)
    window, alone, counted = windows(open_twin, journal)[BEFORE - 1]
    assert codec.encode(window.residual()) == codec.encode(alone.residual())
    assert counted.opened == 2


def test_an_effort_that_comes_for_the_first_time_has_it_rolled_out_again() -> None:
    open_twin, journal = opened(CHANNELS)
    journal.frame()
    for _ in range(6):
        read(journal, 0.0)
    window, _, counted = windows(open_twin, journal)[0]
    window.residual()
    assert counted.opened == 2


@pytest.mark.parametrize(
    "second",
    [Channel(3, HINGE, ChannelKind.VELOCITY, "rad/s", ChannelRole.INPUT), replace(CHANNELS[1], index=3)],
)
def test_an_input_that_moves_something_each_time_it_is_set_has_it_rolled_out_again(second: Channel) -> None:
    open_twin, journal = opened((*CHANNELS[:3], second))
    for _ in range(12):
        read(journal, 0.2, reading(3, journal.time(journal.tick + 1) - 2 * MS, 0.1))
    window, alone, counted = windows(open_twin, journal)[BEFORE]
    assert codec.encode(window.residual()) == codec.encode(alone.residual())
    assert counted.opened == 2


@pytest.mark.parametrize("act", [ACTS["another effort"], ACTS["a command"], ACTS["a tick that is longer"]])
def test_a_build_that_trusts_its_forecast_blindly_is_found(act: Act, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HeldRollOut, "foresaw", lambda *_: True)
    open_twin, journal = opened(CHANNELS)
    for _ in range(BEFORE):
        read(journal, 0.0)
    act(journal)
    for _ in range(6):
        read(journal, 0.0)
    window, alone, _ = windows(open_twin, journal)[BEFORE - 1]
    assert codec.encode(window.residual()) != codec.encode(alone.residual())


def test_a_trajectory_too_large_to_keep_is_rolled_out_again() -> None:
    open_twin, journal = opened(CHANNELS)
    for _ in range(9):
        read(journal, 0.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HeldRollOut, "is_small", lambda _: False)
        window, alone, counted = windows(open_twin, journal)[BEFORE]
    assert codec.encode(window.residual()) == codec.encode(alone.residual())
    assert counted.opened == 2


def test_a_forecast_between_ticks_lies_between_the_two_engine_steps_next_to_it() -> None:
    journal = JournalBuilder(horizon_every=1, horizon_ns=45 * MS, horizon_samples=3).begin()
    journal.frame(reading(2, journal.time(-1), 4.0))
    fold = Fold(open_cart)
    for offset, record in journal:
        fold.take(offset, record)
    frame = forecast(*fold.fork_at_tick())
    chord = 2.0 * 0.01**2 / 8
    truth = [(0.1 + 0.015 * sample) ** 2 for sample in (1, 2, 3)]
    assert frame.values[::2] == [pytest.approx(each, abs=chord * 1.01) for each in truth]
