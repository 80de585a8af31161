"""What a worker reports of a twin."""

from dataclasses import dataclass, field, fields

from twin_schemas.records import Condition, SimPhase, SimStatus, TwinSpec


@dataclass(slots=True)
class Counts:
    """Counters since the worker took over a twin.

    Attributes:
        frames: frames folded.
        steps: engine steps of those frames.
        predictions: predictions published.
        repeated: those of them whose frames were in the journal already when the worker took over.
        void: records of another epoch than the one in force.
        commands_applied: commands that acted.
        commands_refused: commands that the fold did not take.
        forecasts: forecasts published.
        residuals: residuals of closed windows published.
        forecasts_skipped: forecasts and residuals left out under load.
        forecasts_failed: forecasts that could not be computed.
        undecodable: records that are no journal records of a known schema.
        crashes: deaths of the process at the record where the twin is parked.
    """

    frames: int = 0
    steps: int = 0
    predictions: int = 0
    repeated: int = 0
    void: int = 0
    commands_applied: int = 0
    commands_refused: int = 0
    forecasts: int = 0
    residuals: int = 0
    forecasts_skipped: int = 0
    forecasts_failed: int = 0
    undecodable: int = 0
    crashes: int = 0

    def as_map(self) -> dict[str, int]:
        """By name."""
        return {entry.name: getattr(self, entry.name) for entry in fields(self)}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a twin isn't running as it should."""

    code: str
    message: str

    @classmethod
    def parse(cls, reason: str) -> "Trouble":
        """From a parking reason, which begins with its code."""
        code, separator, message = reason.partition(": ")
        return cls(code, message) if separator else cls("parked", reason)


@dataclass(slots=True)
class View:
    """Everything that a status is made of, apart from the spec.

    Attributes:
        incarnation: 0: none yet.
        revision: of the incarnation; None: the spec's.
        phase: what the worker does with the twin.
        trouble: of a failed or parked twin, or of an update that failed.
        offset: last journal offset folded; -1: none.
        tick: last tick; -1: none.
        lag_ms: age of the newest frame when it was folded.
        checkpoint_offset: of the newest checkpoint; -1: none.
        conditions: by type, since when (ns) and why.
        warnings: of the scene.
    """

    incarnation: int
    revision: int | None
    phase: SimPhase
    trouble: Trouble | None
    offset: int
    tick: int
    lag_ms: float
    checkpoint_offset: int
    counts: Counts
    conditions: dict[str, tuple[int, str]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def essence(self) -> tuple[object, ...]:
        """What makes a status worth publishing at once when it changes."""
        return (
            self.incarnation,
            self.revision,
            self.phase,
            self.trouble,
            *sorted(self.conditions),
            self.warnings,
        )


def to_status(view: View, spec: TwinSpec, worker: str, now_ns: int) -> SimStatus:
    """The record."""
    return SimStatus(
        twin=spec.twin,
        org=spec.org,
        name=spec.name,
        revision=spec.revision if view.revision is None else view.revision,
        worker=worker,
        incarnation=view.incarnation,
        phase=view.phase,
        conditions=[Condition(kind, since, why) for kind, (since, why) in sorted(view.conditions.items())],
        code=view.trouble.code if view.trouble else None,
        message=view.trouble.message if view.trouble else None,
        offset=view.offset,
        tick=view.tick,
        lag_ms=view.lag_ms,
        checkpoint_offset=view.checkpoint_offset,
        counts=view.counts.as_map(),
        warnings=list(view.warnings),
        at_ns=now_ns,
    )
