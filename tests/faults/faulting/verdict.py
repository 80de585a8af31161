"""What the checker found: the figures of one row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

FINDINGS = {
    "lost": "accepted commands lost",
    "doubled": "effects doubled",
    "missing": "ticks missing",
    "skipped": "ticks that nobody wrote, and no strike explains",
    "split": "times without ticks that one writer named in pieces",
    "again": "ticks in two frames",
    "unpredicted": "frames without a prediction",
    "void": "predictions of void records",
    "unequal": "unequal repeats of predictions",
    "silent": "acknowledged readings that nothing accounts for",
    "twice": "readings in two frames",
    "spilled": "readings dropped where nothing on their way was struck",
    "echoed": "predictions that were public twice",
    "baseless": "predictions that were public and that nobody had made",
    "unlike": "predictions that were public with other values",
    "unsaid": "predictions that never became public",
    "mute": "twins whose public stream did not come back",
    "turned_away": "requests that were refused or never answered",
    "disagree": "twins that PostgreSQL and the specs tell differently",
    "unsealed": "journal records that the archive lacks or tells differently",
    "fell": "processes that ended though no strike named them",
}
"""Findings that must not be: every one is an empty list in a sound platform."""


@dataclass
class Verdict:
    """Findings are lists of words that say what and where; figures are numbers.

    Attributes:
        lost: commands that were accepted, or taken, and have no effect or no answer.
        doubled: commands with more than one effect or answer.
        missing: ticks that are in no frame in force and in no discontinuity.
        skipped: ticks that discontinuities name where no strike explains it.
        split: ticks at which a writer went on with a discontinuity right behind its last one.
        again: ticks that are in two frames in force.
        unpredicted: frames in force without a prediction.
        void: predictions of what is no frame in force.
        unequal: repeated predictions that differ from the first.
        silent: acknowledged readings that nothing accounts for.
        twice: readings that are in two frames in force.
        spilled: that readings were dropped and counted though nothing that they pass was struck.
        echoed: predictions that came to a public stream again.
        baseless: what came to a public stream without a prediction.
        unlike: predictions that a public stream tells otherwise.
        unsaid: predictions of frames in force that a public stream has passed over.
        mute: twins of which nothing new was public after the last strike.
        turned_away: requests that were given up, or refused for no reason of their own.
        disagree: twins of which PostgreSQL and `twin.specs` tell different things.
        unsealed: journal records that sealed ranges lack or tell differently, where an archivist runs.
        fell: processes that ended though no strike named them.
        accepted: commands accepted.
        frames: frames in force.
        gaps: of these, those that say that the writer was away.
        named: ticks that discontinuities name.
        dropped: readings that the sync engines have counted as dropped.
        outage: acknowledged readings of times in which nobody wrote, or that were on their way when it was cut.
        repeated: predictions that came again.
        torn: frames that were written to a journal without its tail, until a new incarnation began; they need no
            prediction.
        recovery_s: of each strike.
        slowest: the strike that was felt longest, and by whom.
        others_s: the longest silence of a twin that a strike didn't concern, of each strike that spared any.
        unlucky: the strike that was felt longest so, and by whom.
        span_s: what the journals were read of, in seconds.
    """

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    split: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    unpredicted: list[str] = field(default_factory=list)
    void: list[str] = field(default_factory=list)
    unequal: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    spilled: list[str] = field(default_factory=list)
    echoed: list[str] = field(default_factory=list)
    baseless: list[str] = field(default_factory=list)
    unlike: list[str] = field(default_factory=list)
    unsaid: list[str] = field(default_factory=list)
    mute: list[str] = field(default_factory=list)
    turned_away: list[str] = field(default_factory=list)
    disagree: list[str] = field(default_factory=list)
    unsealed: list[str] = field(default_factory=list)
    fell: list[str] = field(default_factory=list)
    accepted: int = 0
    frames: int = 0
    gaps: int = 0
    named: int = 0
    dropped: int = 0
    outage: int = 0
    repeated: int = 0
    torn: int = 0
    recovery_s: list[float] = field(default_factory=list)
    slowest: str = ""
    others_s: list[float] = field(default_factory=list)
    unlucky: str = ""
    span_s: float = 0.0

    @property
    def gap_share(self) -> float:
        """The share of frames that say that the writer was away."""
        return self.gaps / max(self.frames, 1)

    @property
    def rate(self) -> float:
        """Frames a second."""
        return self.frames / max(self.span_s, 1.0)

    def faults(self) -> Iterator[tuple[str, list[str]]]:
        """Findings that must not be, and are."""
        for name in FINDINGS:
            found: list[str] = getattr(self, name)
            if found:
                yield name, found
