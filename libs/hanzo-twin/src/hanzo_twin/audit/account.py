"""The account of one run: what went into a twin, what came out, how fast, and what a crash cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hanzo_twin.audit.entries import JournalEntry, PredictionEntry, PublicEntry
from hanzo_twin.audit.errors import UnequalRepeat, VoidPrediction
from hanzo_twin.audit.frames import Frame, Identity, channels, frames_in_force
from hanzo_twin.audit.recovery import Recovery, recovery_of
from hanzo_twin.figures import latency_ms, rms_by_channel
from twin_schemas.records import Channel, PredictionFrame


@dataclass(frozen=True, slots=True)
class Account:
    """Figures over the frames that were appended within the measured window.

    Attributes:
        ticks: frames in force.
        predictions: frames that have a prediction.
        lost: frames that have none.
        unpublished: frames whose prediction never reached the public stream.
        repeated: predictions that were published again, each equal to the first in every byte.
        latency: p50, p99, max in ms outside the recovery.
        latency_before, latency_after: the same on either side of the recovery.
        innovation_rms: SI units, by channel.
        innovation_over_time: mean absolute innovation of the first channel per second, SI units.
        over_budget: public predictions slower than the budget, those of the recovery included.
        recovery: what the crash cost; None when nothing was killed.
    """

    ticks: int
    predictions: int
    lost: int
    unpublished: int
    repeated: int
    latency: Mapping[str, float | None]
    latency_before: Mapping[str, float | None]
    latency_after: Mapping[str, float | None]
    innovation_rms: Mapping[str, float]
    innovation_over_time: tuple[float, ...]
    over_budget: int
    recovery: Recovery | None

    def to_json(self) -> dict[str, object]:
        """The object that `hanzo-twin demo --json` ends with."""
        return {
            "ticks": self.ticks,
            "predictions": self.predictions,
            "lost": self.lost,
            "unpublished": self.unpublished,
            "repeated": self.repeated,
            "latency_ms": dict(self.latency),
            "innovation_rms": dict(self.innovation_rms),
            "over_budget": self.over_budget,
            "recovery_s": self.recovery.longest_gap_s if self.recovery else None,
        }


def account(
    journal: Sequence[JournalEntry],
    predictions: Sequence[PredictionEntry],
    public: Sequence[PublicEntry],
    *,
    window_ms: tuple[int, int],
    budget_ms: float,
    killed_ms: int | None = None,
) -> Account:
    """Settle one run.

    Args:
        journal: the twin's journal from its first record on.
        predictions: its records of `sim.predictions`.
        public: its public stream.
        window_ms: frames appended from the first to before the second time count, ms since the Unix epoch.
        budget_ms: latency that is still in time.
        killed_ms: when a worker was killed.

    Raises:
        UnequalRepeat: two predictions for one frame differ.
        VoidPrediction: a prediction names a record that isn't a frame in force, or an unknown channel.
    """
    frames = frames_in_force(journal)
    firsts, repeats = _first_predictions(predictions, {frame.identity for frame in frames})
    measured = [frame for frame in frames if window_ms[0] <= frame.at_ms < window_ms[1]]
    inside = {frame.identity for frame in measured}
    shown = _first_shown(public)
    recovery = None if killed_ms is None else recovery_of(frames, public, killed_ms)

    timed = [(frame.at_ms, shown[frame.identity]) for frame in measured if frame.identity in shown]
    timed = [(at_ms, entry) for at_ms, entry in timed if entry.prediction.latency_ns >= 0]
    start, end = (recovery.start_ms, recovery.end_ms) if recovery else (window_ms[1], window_ms[1])
    before = [entry.prediction.latency_ns for _, entry in timed if entry.at_ms < start]
    after = [entry.prediction.latency_ns for at_ms, entry in timed if at_ms >= end]

    tables = channels(journal)
    series = [
        (frame.at_ms, _channel(tables, frame, innovation.channel), innovation.values)
        for frame in measured
        if frame.identity in firsts
        for innovation in firsts[frame.identity].innovations
    ]
    named = [(at_ms, f"{channel.path}.{channel.kind.value}", values) for at_ms, channel, values in series]
    return Account(
        ticks=len(measured),
        predictions=sum(frame.identity in firsts for frame in measured),
        lost=sum(frame.identity not in firsts for frame in measured),
        unpublished=sum(frame.identity in firsts and frame.identity not in shown for frame in measured),
        repeated=sum(count for identity, count in repeats.items() if identity in inside),
        latency=latency_ms(before + after),
        latency_before=latency_ms(before),
        latency_after=latency_ms(after),
        innovation_rms=rms_by_channel((path, values) for _, path, values in named),
        innovation_over_time=_per_second(named, window_ms[0]),
        over_budget=sum(entry.prediction.latency_ns > budget_ms * 1e6 for _, entry in timed),
        recovery=recovery,
    )


def _first_predictions(
    predictions: Sequence[PredictionEntry], in_force: set[Identity]
) -> tuple[dict[Identity, PredictionFrame], dict[Identity, int]]:
    """The first prediction of each frame, and how often it was repeated."""
    firsts: dict[Identity, PredictionEntry] = {}
    repeats: dict[Identity, int] = {}
    for entry in predictions:
        identity = Identity(entry.frame.incarnation, entry.frame.offset)
        if identity not in in_force:
            raise VoidPrediction(
                f"the prediction for tick {entry.frame.tick} names incarnation {identity.incarnation}, "
                f"journal offset {identity.offset}, where no frame is in force: a void or foreign record "
                "was folded"
            )
        first = firsts.get(identity)
        if first is None:
            firsts[identity] = entry
            continue
        if first.value != entry.value:
            raise UnequalRepeat(
                f"tick {entry.frame.tick} (incarnation {identity.incarnation}, journal offset "
                f"{identity.offset}) was predicted twice and the two differ: the fold isn't deterministic, "
                "or two folds ran apart"
            )
        repeats[identity] = repeats.get(identity, 0) + 1
    return {identity: entry.frame for identity, entry in firsts.items()}, repeats


def _channel(tables: Mapping[int, Mapping[int, Channel]], frame: Frame, index: int) -> Channel:
    """What a channel index of a prediction means."""
    try:
        return tables[frame.identity.incarnation][index]
    except KeyError:
        raise VoidPrediction(
            f"the prediction for tick {frame.tick} has an innovation of channel {index}, which the genesis of "
            f"incarnation {frame.identity.incarnation} doesn't know"
        ) from None


def _first_shown(public: Sequence[PublicEntry]) -> dict[Identity, PublicEntry]:
    """The first public record of each frame."""
    shown: dict[Identity, PublicEntry] = {}
    for entry in public:
        shown.setdefault(Identity(entry.prediction.incarnation, entry.prediction.offset), entry)
    return shown


def _per_second(named: Sequence[tuple[int, str, Sequence[float]]], start_ms: int) -> tuple[float, ...]:
    """Mean absolute innovation of the alphabetically first channel in each second of the window."""
    if not named:
        return ()
    path = min(name for _, name, _ in named)
    seconds: dict[int, list[float]] = {}
    for at_ms, name, values in named:
        if name == path and values:  # a reading without values says nothing of the second
            seconds.setdefault((at_ms - start_ms) // 1000, []).extend(abs(value) for value in values)
    return tuple(sum(values) / len(values) for _, values in sorted(seconds.items()))
