"""What does one frame cost a fold, in processor time: reading its record, folding it, writing what follows?

A twin's journal is folded in this process, without a bus: the least that a worker's frame can cost, and a figure that
other programs on the machine hardly change. The share of MuJoCo alone is measured beside it.
"""

from __future__ import annotations

import cProfile
import gc
import math
import random
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

from _harness import Claim, arguments, conclude, table
from _load import KINDS, RATE, Kind

from twin_schemas import codec
from twin_schemas.records import (
    Assimilation,
    Channel,
    ChannelKind,
    ChannelRole,
    Quality,
    Reading,
    TwinGenesis,
)
from twin_sim.engines import load_engine
from twin_sim.engines.api import Model
from twin_sim.fold import Fold, engine_config, physics_opener
from twin_sim.scene import read_stage
from twin_sim.testing.journals import CONFIG, STAMPS, JournalBuilder

ROWS = (("pendulum", 8), ("pendulum", 32), ("arm", 8), ("arm", 32))
GLUE_US = {"pendulum": 100.0, "arm": 300.0}
"""What may be spent besides MuJoCo's own steps."""


def channels(kind: Kind) -> list[Channel]:
    """Position, velocity and effort of each joint, as the sync engine names them."""
    kinds = (
        (ChannelKind.POSITION, "rad", ChannelRole.OBSERVED),
        (ChannelKind.VELOCITY, "rad/s", ChannelRole.OBSERVED),
        (ChannelKind.EFFORT, "N*m", ChannelRole.INPUT),
    )
    rows = [(path, *each) for path in kind.joints.values() for each in kinds]
    return [Channel(index, *row) for index, row in enumerate(rows)]


def journal(kind: Kind, steps: int, frames: int) -> tuple[Model, list[bytes]]:
    """A model, and the encoded records of a twin that is read at every tick."""
    config = replace(
        CONFIG,
        step_hz=float(RATE * steps),
        assimilation=Assimilation.NUDGE,
        gains={"position": 0.3, "velocity": 0.3},
        ring_ticks=8,
        ahead_ticks=8,
    )
    model = load_engine("mujoco").compile(read_stage(kind.scene.read_bytes()), engine_config(config))
    builder = JournalBuilder(config, channels(kind))
    builder.grid = replace(builder.grid, rate_num=RATE)
    builder.begin(replace(STAMPS, engine="mujoco", model_digest=model.digest))
    dice = random.Random(1)
    for tick in range(frames):
        at = builder.time(tick) - dice.randrange(100_000)
        angle = 3.6 * tick / RATE
        values = (0.4 * math.sin(angle), 1.4 * math.cos(angle), 0.0)
        builder.frame(
            *(
                Reading(index, [values[index % 3] + dice.gauss(0, 0.002)], at, Quality.GOOD)
                for index in range(len(builder.channels))
            )
        )
    return model, [codec.encode(record) for record in builder.records]


def per_frame_us(work: Callable[[], object], frames: int, times: int = 5) -> float:
    """The quickest of some runs."""
    best = math.inf
    for _ in range(times):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best / frames * 1e6


def measure(kind: Kind, steps: int, frames: int, profile: bool) -> tuple[list[float], str]:
    """Decode, fold, encode and engine in us per frame, and a digest of everything that was said."""
    model, encoded = journal(kind, steps, frames)
    records = [codec.decode(value) for value in encoded]
    opener = physics_opener(lambda _: model)
    said: list[object] = []

    def fold() -> None:
        said.clear()
        one = Fold(opener)
        for offset, record in enumerate(records):
            said.extend(one.take(offset, record))  # type: ignore[arg-type]
        assert one.parked is None, one.parked
        one.close()

    def engine() -> None:
        simulation = model.simulate(1 / (RATE * steps))
        stride = max(1, steps // 8)
        for _ in range(frames):
            for _ in range(0, steps, stride):
                simulation.step(stride)
        simulation.close()

    gc.freeze()
    decoding = per_frame_us(lambda: any(codec.decode(value) is None for value in encoded), frames)
    folding = per_frame_us(fold, frames)
    encoding = per_frame_us(lambda: any(codec.encode(each) is None for each in said), frames)  # type: ignore[arg-type]
    stepping = per_frame_us(engine, frames)
    if profile:
        with cProfile.Profile() as spent:
            fold()
        spent.print_stats("tottime")
    assert isinstance(records[1], TwinGenesis)
    digest = sha256(b"".join(codec.encode(each) for each in said)).hexdigest()  # type: ignore[arg-type]
    return [decoding, folding, encoding, stepping], digest


def main() -> int:
    parser = arguments(__doc__ or "")
    parser.add_argument("--frames", type=int, default=3000)
    parser.add_argument("--profile", action="store_true", help="also print where the fold spends its time")
    options = parser.parse_args()
    rows, claims = [], []
    for name, steps in ROWS:
        (decoding, folding, encoding, stepping), digest = measure(
            KINDS[name], steps, options.frames, options.profile
        )
        rows.append([name, steps, decoding, folding, encoding, stepping, digest[:12]])
        glue = decoding + folding + encoding - stepping
        claims.append(
            Claim.of(f"{name}, {steps} steps: us a frame besides MuJoCo", glue, "<=", GLUE_US[name])
        )
    table(["plant", "steps", "decode us", "fold us", "encode us", "of it MuJoCo", "said"], rows)
    return conclude(claims, as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
