"""The fold over a real engine: exact restores, and command timing judged by SciPy."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from scenes import BOX_ON_FLOOR, PENDULUM, scene
from scipy.integrate import solve_ivp

from twin_schemas import codec
from twin_schemas.records import (
    Assimilation,
    Channel,
    ChannelKind,
    ChannelRole,
    Epoch,
    FoldSnapshot,
    Grid,
    PredictionFrame,
    Reading,
    TwinGenesis,
)
from twin_sim.engines import load_engine
from twin_sim.fold import Fold, OpenTwin, engine_config, physics_opener
from twin_sim.scene import read_stage
from twin_sim.testing.journals import CONFIG, STAMPS, START, JournalBuilder, reading

S = 1_000_000_000
MS = 1_000_000
HINGE, BOX = "/World/hinge", "/World/box"
CHANNELS = (
    Channel(0, HINGE, ChannelKind.POSITION, "rad", ChannelRole.OBSERVED),
    Channel(1, HINGE, ChannelKind.VELOCITY, "rad/s", ChannelRole.OBSERVED),
    Channel(2, HINGE, ChannelKind.EFFORT, "N*m", ChannelRole.INPUT),
    Channel(3, BOX, ChannelKind.POSE, "m", ChannelRole.OBSERVED),
    Channel(4, "/World/arm", ChannelKind.POSE, "m", ChannelRole.OBSERVED),
)
ENGINE = load_engine("mujoco")


def opened(config=CONFIG) -> tuple[OpenTwin, str]:
    """A pendulum beside a box that falls onto a floor."""
    model = ENGINE.compile(read_stage(scene(PENDULUM, BOX_ON_FLOOR)), engine_config(config))
    return physics_opener(lambda genesis: model), model.digest


CONTACTS = replace(
    CONFIG, step_hz=400.0, substeps=2, assimilation=Assimilation.NUDGE, gains={"position": 0.5, "pose": 0.2}
)


def eventful(digest: str) -> JournalBuilder:
    """Gaps, a discontinuity, commands, a mass change, a reset, contacts, a re-lock and two epochs."""
    rng = np.random.default_rng(5)
    journal = JournalBuilder(CONTACTS, CHANNELS)
    journal.grid = Grid(0, START, 30, 1)
    journal.begin(replace(STAMPS, model_digest=digest))

    def readings() -> list[Reading]:
        at = journal.time(journal.tick + 1)
        jitter = int(rng.integers(-20 * MS, 5 * MS))
        out = [
            reading(0, at + jitter, float(rng.normal(0, 0.3))),
            reading(2, at + jitter, float(rng.normal(0, 0.2))),
        ]
        if rng.random() < 0.3:
            pose = (2 + float(rng.normal(0, 0.01)), 0.0, 0.1, 1.0, 0.0, 0.0, 0.0)
            out.append(reading(3, at - 3 * MS, *pose))
            out.append(reading(4, at - 3 * MS, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0))
        return out

    for tick in range(120):
        if tick == 20:
            journal.push(0.4, at=journal.time(22) + 11 * MS, joint=HINGE)
        if tick == 40:
            journal.mass(0.9, path="/World/arm.mass")
        if tick == 60:
            journal.acquire(Epoch(2, "writer-b"))
            journal.skip(45)
        if tick == 70:
            journal.reset({f"{BOX}.pose": [2.0, 0.0, 0.6, 0.9, 0.1, 0.3, 0.2], f"{HINGE}.velocity": [2.0]})
        if tick == 90:
            journal.segment(Grid(journal.tick + 1, journal.time(journal.tick + 1) + 9 * MS, 30, 1))
        journal.frame(*([] if tick % 17 == 3 else readings()), gap=tick % 17 == 3)
    return journal


def test_every_checkpoint_of_an_eventful_journal_restores_to_the_last_bit() -> None:
    open_twin, digest = opened(CONTACTS)
    journal = eventful(digest)
    straight, chains = Fold(open_twin), {}
    snapshots: list[FoldSnapshot] = []
    for offset, record in journal:
        for said in straight.take(offset, record):
            if isinstance(said, PredictionFrame):
                chains[said.tick] = said.chain
        if offset > 1 and offset % 7 == 0:
            decoded = codec.decode(codec.encode(straight.snapshot()))
            assert isinstance(decoded, FoldSnapshot)
            snapshots.append(decoded)
    assert straight.parked is None
    assert len(chains) == 120
    for snapshot in snapshots:
        fold = Fold.restore(snapshot, opened(CONTACTS)[0])
        for offset, record in journal:
            for said in fold.take(offset, record):
                if isinstance(said, PredictionFrame):
                    assert said.chain == chains[said.tick], (snapshot.offset, said.tick)
        assert fold.digest() == straight.digest()


def test_a_checkpoint_under_another_mass_goes_on_differently() -> None:
    open_twin, digest = opened(CONTACTS)
    journal = eventful(digest)
    fold = Fold(open_twin)
    for offset, record in list(journal)[:60]:
        fold.take(offset, record)
    snapshot = fold.snapshot()
    assert snapshot.overrides == {"/World/arm.mass": 0.9}
    mutant = Fold.restore(replace(snapshot, overrides={}), open_twin)
    for offset, record in list(journal)[60:]:
        fold.take(offset, record)
        mutant.take(offset, record)
    assert fold.digest() != mutant.digest()


def simulated(
    torque: Mapping[float, float], seconds: float, step: float = 1e-3
) -> tuple[np.ndarray, np.ndarray]:
    """SciPy's solution of the same pendulum under piecewise constant torque (start time in s: N m)."""
    inertia, gravity, damping = 0.001 + 0.5 * 0.4**2, 0.5 * 0.4 * 9.81, 0.02
    starts = sorted(torque)
    times, angles, state = [0.0], [0.0], [0.0, 0.0]
    for start, end in zip(starts, [*starts[1:], seconds], strict=True):

        def motion(_t: float, y: list[float], u: float = torque[start]) -> list[float]:
            return [y[1], (u - damping * y[1] - gravity * np.sin(y[0])) / inertia]

        grid = np.linspace(start, end, max(2, round((end - start) / step)))
        solution = solve_ivp(motion, (start, end), state, t_eval=grid, rtol=1e-10, atol=1e-12)
        times += list(solution.t[1:])
        angles += list(solution.y[0][1:])
        state = list(solution.y[:, -1])
    return np.array(times), np.array(angles)


TOLERANCE_RAD = 2e-3


def folded_error(delay_ticks: int, *, by_command: bool) -> float:
    """Largest error of predicted positions when torques reach the journal this many ticks late."""
    config = replace(CONFIG, step_hz=960.0, assimilation=Assimilation.NONE)
    model = ENGINE.compile(read_stage(scene(PENDULUM)), engine_config(config))
    rng = np.random.default_rng(11)
    torque = {0.0: 0.0} | {round(0.2 + 0.137 * k, 3): float(rng.uniform(-0.6, 0.6)) for k in range(20)}
    journal = JournalBuilder(config, CHANNELS[:3])
    journal.grid = Grid(0, START, 30, 1)
    journal.begin(replace(STAMPS, model_digest=model.digest))
    origin = journal.time(-1)
    waiting = [(origin + round(start * S), value) for start, value in torque.items()]
    for tick in range(90):
        late = journal.time(tick) - journal.time(tick - 1) if delay_ticks else 0
        ready = [(at, value) for at, value in waiting if at <= journal.time(tick)]
        waiting = waiting[len(ready) :]
        if by_command:
            for at, value in ready:
                journal.push(value, at=at + late, joint=HINGE)
            journal.frame()
        else:
            journal.frame(*[reading(2, at + late, value) for at, value in ready])
    fold, worst = Fold(physics_opener(lambda genesis: model)), 0.0
    times, angles = simulated(torque, 3.2)
    for offset, record in journal:
        for said in fold.take(offset, record):
            # once everything that acts in a tick is folded the state there is known: judge the ring, not the guess
            if isinstance(said, PredictionFrame) and fold.state is not None:
                at = (fold.state.time_ns - origin) / S
                worst = max(worst, abs(fold.state.ring.last[0] - float(np.interp(at, times, angles))))
    return worst


@pytest.mark.parametrize("by_command", [False, True])
def test_known_torque_moves_the_twin_like_scipys_pendulum(by_command: bool) -> None:
    assert folded_error(0, by_command=by_command) < TOLERANCE_RAD


@pytest.mark.parametrize("by_command", [False, True])
def test_a_torque_that_is_one_tick_late_is_rejected(by_command: bool) -> None:
    assert folded_error(1, by_command=by_command) > 10 * TOLERANCE_RAD


def test_a_twin_that_explodes_parks_itself_before_the_frame_at_fault() -> None:
    open_twin, digest = opened()
    journal = JournalBuilder(CONFIG, CHANNELS).begin(replace(STAMPS, model_digest=digest))
    journal.frames(3)
    journal.push(1e300, joint=HINGE)
    journal.frames(5)
    fold = Fold(open_twin)
    said = [each for offset, record in journal for each in fold.take(offset, record)]
    assert fold.parked is not None
    assert fold.parked.startswith("diverged")
    assert all(np.isfinite(each.values).all() for each in said if isinstance(each, PredictionFrame))


def test_a_genesis_of_another_model_parks() -> None:
    open_twin, _ = opened()
    journal = JournalBuilder(CONFIG, CHANNELS).begin()

    def take(genesis: TwinGenesis) -> Fold:
        fold = Fold(open_twin)
        fold.take(0, journal.records[0])
        fold.take(1, genesis)
        return fold

    genesis = journal.records[1]
    assert isinstance(genesis, TwinGenesis)
    parked = take(genesis).parked
    assert parked is not None
    assert parked.startswith("model_digest")
