"""How long from a sensor to the prediction, on this machine with everything on it, beside a bare echo of the path?

Plants publish at 30 Hz over MQTT, evenly staggered; the twins' predictions come back over MQTT. Latency is from the
plant's sending of a reading to the sink's receiving of the prediction that it led to, both by their own clocks; the bus
says which prediction that is. Before each row worker and sync engine begin anew, so that no row inherits what another
left in them, and a bare MQTT-Kafka-Kafka-MQTT echo of two processes runs under the same plants. Processor time and
memory are the kernel's; a twin's memory is what each takes beyond the first four. Rows are
`<twins>-<plant>-<engine steps per tick>`, with `-alone` when nothing is rolled out beyond the next tick.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from _answers import answers, led_to, read_back
from _fleet import fleet, numbers
from _harness import Claim, arguments, conclude, table
from _load import KINDS, STARTS_S, Kind, Measured, echo, load, pair, say
from _platform import Platform, percentile, platform
from _processes import resident_mb
from _profile import record
from _stages import SHARES, stages

from twin_common.definition.sync import Horizon
from twin_schemas.records import ObservationFrame, PredictionFrame

FORECASTS = Horizon().per_second
GOALS_MS = {"50-pendulum-32": 25.0, "100-pendulum-8": 50.0, "20-arm-32": 30.0}
ECHO_RATIO = 3.0
TWIN_MB = 1.0
SERVICES = {"scene-manager": 1, "sync-engine": 1, "sim-worker": 1}
MEASURED = ("sim-worker-0", "sync-engine", "kafka", "mosquitto")
MATCHED = 0.95
"""Of the answered readings, that the stages have to know of."""
FEW = 4
"""Twins that run before the others, so that what a process has once, or for any twin at all, is theirs."""
MANY = 20
"""From so many twins on, a twin's memory is claimed: below, whatever else a process happens to take would decide."""
FRESH = ("sim-worker", "sync-engine")
"""Services that begin anew before each row."""


@dataclass(frozen=True, slots=True)
class Row:
    """What is measured at once."""

    twins: int
    kind: str
    steps: int
    forecasts: bool

    @property
    def name(self) -> str:
        return f"{self.twins}-{self.kind}-{self.steps}" + ("" if self.forecasts else "-alone")

    @classmethod
    def of(cls, name: str) -> Row:
        """From its name."""
        twins, kind, steps, *alone = name.split("-")
        if kind not in KINDS or alone not in ([], ["alone"]):
            raise SystemExit(f"no row {name!r}; they look like {', '.join(GOALS_MS)}, 10-arm-8-alone")
        return cls(int(twins), kind, int(steps), not alone)


@dataclass(frozen=True, slots=True)
class Result:
    """One row, measured."""

    row: str
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float
    echo_p50_ms: float
    readings: int
    unanswered: int
    created_s: float
    twin_mb: float | None
    cpu_us: dict[str, float]
    echo_cpu_us: dict[str, float]
    stages_ms: dict[str, list[float]]

    @property
    def ratio(self) -> float:
        return self.p50_ms / self.echo_p50_ms


@dataclass(frozen=True, slots=True)
class Echo:
    """The bare path at a row's rate."""

    p50_ms: float
    cpu_us: dict[str, float]


def usual() -> list[Row]:
    """Every row."""
    pendulums = itertools.product((1, 10, 50, 100), ("pendulum",), (8, 32), (True, False))
    arms = itertools.product((1, 10, 20, 50, 100), ("arm",), (8, 32), (True, False))
    return [Row(*each) for each in (*pendulums, *arms)]


def us_per_reading(measured: Measured) -> dict[str, float]:
    return {name: spent / measured.readings * 1e6 for name, spent in measured.cpu_s.items()}


def per_twin(few_mb: float, many_mb: float, twins: int) -> float | None:
    """MB that each twin beyond the first few takes; None: there were no others.

    Args:
        few_mb: of the services with FEW twins of the kind running, which was all that they ever had.
        many_mb: with all of them running.
        twins: how many that were.
    """
    return (many_mb - few_mb) / (twins - FEW) if twins > FEW else None


class Bench:
    """Rows on one platform.

    Args:
        on: the platform.
        warm_s: before each measurement.
        seconds: of each measurement.
        profiles: folder for profiles of the services, which cost time themselves; None: none.
        stages: tell where the readings' time went.
    """

    def __init__(
        self,
        on: Platform,
        warm_s: float,
        seconds: float,
        profiles: Path | None = None,
        *,
        stages: bool = False,
    ) -> None:
        self._on, self._warm_s, self._seconds, self._profiles = on, warm_s, seconds, profiles
        self._stages = stages
        self._processes: dict[str, int] = {}
        self._echoes: dict[tuple[str, int], Echo] = {}

    def _memory_mb(self) -> float:
        return sum(resident_mb(self._processes[name]) for name in ("sim-worker-0", "sync-engine"))

    async def _afresh(self, kind: Kind, steps: int, forecasts: float) -> float:
        """Begin services anew, and let them compile and load what they need for a few twins; MB with these running."""
        for count in (0, 1):
            await asyncio.to_thread(self._on.stack.scale, dict.fromkeys(FRESH, count))
        self._processes = {name: self._on.stack.process(name).pid for name in MEASURED}
        async with fleet(self._on, kind, FEW, steps, forecasts):
            await load(self._on, kind, FEW, warm_s=0.0, seconds=self._warm_s, processes={})
            return self._memory_mb()

    async def measure(self, row: Row) -> Result:
        """One row, after the echo at its rate."""
        kind, forecasts = KINDS[row.kind], FORECASTS if row.forecasts else 0.0
        say(f"{row.name} ...")
        few_mb = await self._afresh(kind, row.steps, forecasts)
        bare = self._echoes.get((row.kind, row.twins)) or await self._echo(row)
        async with fleet(self._on, kind, row.twins, row.steps, forecasts) as created_s:
            ours, _ = await asyncio.gather(
                load(
                    self._on,
                    kind,
                    row.twins,
                    warm_s=self._warm_s,
                    seconds=self._seconds,
                    processes=self._processes,
                ),
                self._profile(row),
            )
            twin_mb = per_twin(few_mb, self._memory_mb(), row.twins)
            latencies_ms, unanswered, spent = await self._traced(kind, ours)
        if not latencies_ms:
            raise RuntimeError(f"{row.name}: no reading was answered")
        if spent and (share := len(spent["answer"]) / len(latencies_ms)) < MATCHED:
            raise RuntimeError(f"{row.name}: the stages of {share:.0%} of the answered readings are known")
        latencies_ms += unanswered  # they took longer than that
        return Result(
            row.name,
            percentile(latencies_ms, 0.5),
            percentile(latencies_ms, 0.95),
            percentile(latencies_ms, 0.99),
            max(latencies_ms),
            bare.p50_ms,
            ours.readings,
            len(unanswered),
            created_s,
            twin_mb,
            us_per_reading(ours),
            bare.cpu_us,
            {stage: [percentile(values, share) for share in SHARES] for stage, values in spent.items()},
        )

    async def _traced(
        self, kind: Kind, ours: Measured
    ) -> tuple[list[float], list[float], dict[str, list[float]]]:
        """Latencies, how long unanswered readings waited, and stages if asked for; while the twins still exist."""
        plants, begin = await numbers(self._on, kind), ours.window[0]
        led = led_to(await read_back(self._on, "sim.predictions", PredictionFrame, plants, begin))
        spent = {}
        if self._stages:
            frames = await read_back(self._on, "sim.journal", ObservationFrame, plants, begin)
            spent = stages(led, frames, ours.heard, ours.window)
        return *pair(ours.sent, answers(led, ours.heard), ours.window), spent

    async def _profile(self, row: Row) -> None:
        if self._profiles is not None:
            services = {name: self._processes[name] for name in ("sim-worker-0", "sync-engine")}
            await record(services, self._profiles, row.name, STARTS_S + self._warm_s, self._seconds)

    async def _echo(self, row: Row) -> Echo:
        kind = KINDS[row.kind]
        async with echo(self._on, kind) as processes:
            everyone = processes | {name: self._processes[name] for name in ("kafka", "mosquitto")}
            measured = await load(
                self._on,
                kind,
                row.twins,
                warm_s=self._warm_s,
                seconds=self._seconds / 2,
                processes=everyone,
            )
        # what comes back is the reading itself, so the time that it names is its own
        latencies_ms, _ = pair(measured.sent, measured.heard, measured.window)
        found = Echo(percentile(latencies_ms, 0.5), us_per_reading(measured))
        self._echoes[row.kind, row.twins] = found
        return found


def show(results: list[Result]) -> None:
    """Print the tables."""
    table(
        [
            "row",
            "p50 ms",
            "p95",
            "p99",
            "max",
            "echo p50",
            "ratio",
            "readings",
            "unanswered",
            "created s",
            "MB/twin",
        ],
        [
            [
                *(r.row, r.p50_ms, r.p95_ms, r.p99_ms, r.max_ms, r.echo_p50_ms, r.ratio),
                *(r.readings, r.unanswered, r.created_s, "-" if r.twin_mb is None else r.twin_mb),
            ]
            for r in results
        ],
    )
    print("\nprocessor time per reading, us")
    names = [*results[0].cpu_us]
    table(
        ["row", *names, "in all", "echo in all"],
        [
            [
                r.row,
                *(round(r.cpu_us[name]) for name in names),
                round(sum(r.cpu_us.values())),
                round(sum(r.echo_cpu_us.values())),
            ]
            for r in results
        ],
    )

    if any(r.stages_ms for r in results):
        print(
            "\nof it, until the tick was due, the frame in the journal, the prediction on the bus, the answer heard, ms"
        )
        table(
            ["row", "stage", *(f"p{100 * share:g}" for share in SHARES)],
            [[r.row, stage, *values] for r in results for stage, values in r.stages_ms.items()],
        )


def claims_of(results: list[Result]) -> list[Claim]:
    """What is claimed of the rows that ran."""
    claims = [
        Claim.of(f"{r.row}: p99 ms", r.p99_ms, "<=", GOALS_MS[r.row]) for r in results if r.row in GOALS_MS
    ]
    claims += [Claim.of(f"{r.row}: p50 beside the echo's", r.ratio, "<=", ECHO_RATIO) for r in results]
    for kind in KINDS:
        rows = [(Row.of(r.row), r.twin_mb) for r in results]
        found = [mb for row, mb in rows if row.kind == kind and row.twins >= MANY and mb is not None]
        if found:
            claims.append(Claim.of(f"memory of a running {kind}, MB", max(found), "<", TWIN_MB))
    judged = [r for r in results if r.row in GOALS_MS] or results  # rows without a goal may be more than fits
    return [*claims, Claim.of("readings without an answer", sum(r.unanswered for r in judged), "==", 0)]


async def main() -> int:
    parser = arguments(__doc__ or "")
    parser.add_argument("--rows", nargs="+", metavar="ROW", help="some instead of all, as 50-pendulum-32")
    parser.add_argument("--quick", action="store_true", help="only the rows with a goal, and shorter")
    parser.add_argument("--seconds", type=float, default=25.0, help="of each measurement")
    parser.add_argument("--warm", type=float, default=10.0, help="seconds before each measurement")
    parser.add_argument("--profile", type=Path, metavar="FOLDER", help="keep profiles of the services there")
    parser.add_argument("--stages", action="store_true", help="tell where the readings' time went, too")
    options = parser.parse_args()
    rows = [Row.of(name) for name in options.rows or (GOALS_MS if options.quick else ())] or usual()
    warm_s, seconds = (5.0, 10.0) if options.quick else (options.warm, options.seconds)
    results = []
    async with platform(services=SERVICES) as on:
        bench = Bench(on, warm_s, seconds, options.profile, stages=options.stages)
        for row in rows:
            results.append(await bench.measure(row))
            show(results[-1:])
    print()
    show(results)
    return conclude(claims_of(results), as_json=options.json, rows=[asdict(result) for result in results])


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
