"""Is a twin a function of its journal? An eventful run is folded again by a separate process, bit for bit.

The run has gaps, duplicates, late and early readings, mid-tick commands, a mass change, a reset, contacts, a killed
sync engine (so two epochs) and a killed worker. `hanzo-twin replay verify` folds the raw journal from genesis and from
every checkpoint that the topic still holds. The recording of `bench/real_pendulum.py` is verified in that bench.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from _harness import Claim, arguments, conclude, table
from _platform import Platform, platform

from hanzo_twin.replay.source import gather
from twin_schemas.records import JointMode, ObservationFrame, TwinSpec

FOLDER = Path(__file__).parent / "exact"
SECONDS = 32.0
PLAN = (
    (3, "push"),
    (2, "mass"),
    (2, "reset"),
    (1, "stall"),
    (2, "sync-engine"),
    (7, "push"),
    (2, "worker"),
    (6, "reset"),
)
"""Seconds to wait, and what happens then."""
BOX_HEIGHT = 4
"""Where the box's z lies in a prediction: after the arm's position and velocity, x and y."""
WANTED = (
    "JointCommand",
    "ParametersApplied",
    "StateReset",
    "SourcesAcquired",
    "gap frames",
    "duplicate readings",
    "ticks with the box on the floor",
)


async def disturb(on: Platform, spec: TwinSpec) -> None:
    """What happens to the twin besides its plant's bad habits."""
    commands = on.twins.commands
    for wait, what in PLAN:
        await asyncio.sleep(wait)
        soon = time.time_ns() + 311_000_000  # never on a tick: ticks are 33.3 ms apart
        match what:
            case "push":
                await commands.set_joint_command(
                    spec, {"/World/hinge": (JointMode.EFFORT, 0.3)}, effect_time_ns=soon
                )
            case "mass":
                await commands.apply_parameters(spec, {"/World/arm.mass": 0.8}, effect_time_ns=soon)
            case "reset":
                pose = [2.0, 0.0, 0.5, 0.9, 0.1, 0.3, 0.2]
                await commands.reset_state(
                    spec, {"/World/box.pose": pose}, to_initial=False, effect_time_ns=soon
                )
            case "stall":  # shorter than a discontinuity: the ticks become gap frames
                await asyncio.to_thread(on.stack.signal, "sync-engine", signal.SIGSTOP)
                await asyncio.sleep(0.5)
                await asyncio.to_thread(on.stack.signal, "sync-engine", signal.SIGCONT)
            case "sync-engine":
                await asyncio.to_thread(on.stack.kill, "sync-engine")
                await asyncio.to_thread(on.stack.restore)
            case "worker":
                reported = [
                    each for each in await on.twins.directory.reported() if each.spec.twin == spec.twin
                ]
                assert reported[0].sim is not None
                await asyncio.to_thread(on.stack.kill, reported[0].sim.worker)


async def run(on: Platform) -> tuple[Counter[str], dict[str, Any]]:
    """What the journal holds, and the verification."""
    spec = await on.run(on.read(FOLDER / "twin.yaml"))
    plant = await on.script(str(FOLDER / "plant.py"), "--broker", on.broker, "--seconds", str(SECONDS))
    await disturb(on, spec)
    _, errors = await plant.communicate()
    if plant.returncode:
        raise RuntimeError(f"the plant failed: {errors.decode()[-1000:]}")
    await on.twins.stop(spec.twin)
    await asyncio.sleep(1.5)
    evidence = await gather(on.twins, spec, on.scenes, on.checkpoints)
    kinds = Counter(type(entry.record).__name__ for entry in evidence.journal)
    frames = [entry.record for entry in evidence.journal if isinstance(entry.record, ObservationFrame)]
    kinds["gap frames"] = sum(frame.gap for frame in frames)
    readings = [(reading.channel, reading.time_ns) for frame in frames for reading in frame.readings]
    kinds["duplicate readings"] = len(readings) - len(set(readings))
    poses = [entry.frame.values[BOX_HEIGHT] for entry in evidence.predictions]
    kinds["ticks with the box on the floor"] = sum(abs(height - 0.1) < 0.01 for height in poses)
    return kinds, await on.verify(spec.name)


async def main() -> int:
    options = arguments(__doc__ or "").parse_args()
    async with platform(variables={"HANZO_TWIN_SIM_WORKER_CHECKPOINT_INTERVAL_MS": "500"}) as on:
        kinds, verified = await run(on)
    table(["journal record", "count"], sorted(kinds.items()))
    print(f"\n{verified['records']} records folded again; {verified['predictions']} predictions and")
    print(f"{verified['checkpoints']} checkpoints compared; state digest {verified['digest'][:16]}")
    claims = [
        Claim.of("differences", float(len(verified["differences"])), "==", 0),
        Claim.of("frames without a prediction", float(verified["pending"]), "==", 0),
        Claim.of("checkpoints compared", float(verified["checkpoints"]), ">=", 10),
        Claim.of("epochs", float(kinds["SourcesAcquired"]), ">=", 2),
        *(Claim.of(f"journal has {kind}", float(kinds[kind]), ">=", 1) for kind in WANTED),
    ]
    return conclude(claims, as_json=options.json, journal=dict(kinds), replay=verified)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
