"""A real pendulum's recording through the whole platform: does the twin forecast better than naive guesses?

The recording is replayed over MQTT at its own pace; the twin runs at its rate with the published parameters, the
measured torque as an input held at its mean over 33 ms between readings. Errors are RMS positions over every sample
with 0.5 s left. At 0.5 s the forecast is recomputed from the journal with the recorded torque.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from _harness import Claim, arguments, conclude, table
from _pendulum_errors import Errors, forecast_errors, measured, recomputed_forecasts, residual_errors
from _platform import Platform, platform

from hanzo_twin.replay.source import Evidence, gather
from twin_schemas.records import HorizonFrame

FOLDER = Path(__file__).parent / "real_pendulum"
DATA = Path("shared/data/simple_pendulum/energy_shaping_measured.csv")
GOALS = {0.033: 1.05, 0.1: 0.97}
LONG_S, LONG_GOAL_RAD = 0.5, 0.95
SAMPLES_GOAL = 0.99


def find_data() -> Path | None:
    """The recording, beside the checkout."""
    here = Path(__file__).resolve()
    return next((parent / DATA for parent in here.parents if (parent / DATA).is_file()), None)


async def replay(on: Platform, data: Path) -> tuple[Evidence, list[HorizonFrame], dict[str, Any]]:
    """Run the twin over the recording; returns its raw topics and the verification of its journal."""
    spec = await on.run(on.read(FOLDER / "twin.yaml"))
    process = await on.script(str(FOLDER / "replay.py"), str(data), "--broker", on.broker)
    _, errors = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"the recording could not be replayed: {errors.decode()[-1000:]}")
    await asyncio.sleep(1.0)
    await on.twins.stop(spec.twin)
    await asyncio.sleep(1.0)
    evidence = await gather(on.twins, spec, on.scenes, on.checkpoints)
    horizons = [item.record for item in await on.twins.streams.read_horizons(spec)]
    frames = [record for record in horizons if isinstance(record, HorizonFrame)]
    return evidence, frames, await on.verify(spec.name)


@dataclass(frozen=True, slots=True)
class Judged:
    """Errors over the same samples, and how the published forecasts compare with recomputed ones."""

    errors: list[Errors]
    samples: int
    published: int
    unequal: int


def judge(evidence: Evidence, published: list[HorizonFrame]) -> Judged:
    """Judge the forecasts; what a busy worker skipped is recomputed from the journal."""
    real = measured(evidence.journal)
    last = float(real.time[-1]) - LONG_S
    every = {frame.offset: frame for frame in recomputed_forecasts(evidence.journal, evidence.open_twin)}
    errors = [forecast_errors(real, list(every.values()), horizon, last) for horizon in GOALS]
    errors.append(residual_errors(real, evidence.journal, evidence.open_twin, LONG_S, last))
    unequal = sum(every.get(frame.offset) != frame for frame in published)
    return Judged(errors, int(sum(real.time <= last)), len(published), unequal)


def plot(errors: list[Errors], file: Path) -> None:
    """Bars of the errors relative to constant velocity."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 3.6))
    for offset, name in enumerate(("hold", "constant_velocity", "twin")):
        heights = [getattr(each, name) / each.constant_velocity for each in errors]
        axes.bar(
            [index + 0.27 * (offset - 1) for index in range(len(errors))],
            heights,
            0.25,
            label=name.replace("_", " "),
        )
    axes.set_xticks(range(len(errors)), [f"{each.horizon * 1000:.0f} ms" for each in errors])
    axes.set_ylabel("RMS position error / constant velocity")
    axes.set_title("Real pendulum: forecast errors by horizon")
    axes.axhline(1.0, color="gray", linewidth=0.6)
    axes.set_ylim(0, 2.2)
    axes.legend()
    figure.tight_layout()
    figure.savefig(file, dpi=110, metadata={"Software": None})


async def main() -> int:
    options = arguments(__doc__ or "").parse_args()
    data = find_data()
    if data is None:
        print(f"no recording: expected {DATA} in a folder above this one", file=sys.stderr)
        return 2
    async with platform() as on:
        evidence, frames, verified = await replay(on, data)
    judged = await asyncio.to_thread(judge, evidence, frames)
    errors = judged.errors
    table(
        ["horizon s", "samples", "hold", "constant velocity", "twin", "twin / constant velocity"],
        [[e.horizon, e.samples, e.hold, e.constant_velocity, e.twin, e.ratio] for e in errors],
    )
    file = Path(__file__).parents[1] / "docs" / "evidence" / "real-pendulum.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    plot(errors, file)
    print(
        f"{judged.published} forecasts published while it ran, {judged.unequal} differ from the recomputed ones"
    )
    short = [
        Claim.of(f"twin / constant velocity at {e.horizon:g} s", e.ratio, "<=", GOALS[e.horizon])
        for e in errors[:2]
    ]
    covered = min(e.samples for e in errors) / judged.samples
    claims = [
        *short,
        Claim.of("twin at 0.5 s with recorded torque, rad", errors[2].twin, "<=", LONG_GOAL_RAD),
        Claim.of("share of samples with a forecast", covered, ">=", SAMPLES_GOAL),
        Claim.of("published forecasts unlike the recomputed", float(judged.unequal), "==", 0.0),
        Claim.of("differences in the replay", float(len(verified["differences"])), "==", 0.0),
    ]
    return conclude(claims, as_json=options.json, errors=[asdict(e) for e in errors], replay=verified)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
