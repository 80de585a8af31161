"""What is claimed of the streams of all twins together: that nothing is wrong with them, and that they were there."""

from __future__ import annotations

from collections.abc import Sequence

from _harness import Claim
from _rescaling import Move
from _streams import Verdict, attended, longest_pauses_s, total

from hanzo_twin.audit.collect import Evidence

SHARE = 0.98
"""Of the frames due; the ends of a measurement are off by some milliseconds."""
HEARD = 0.9
"""Of the messages that plants sent, those in frames: what is sent without acknowledgement may be lost."""


def pauses(evidences: Sequence[Evidence], moves: Sequence[Move], end_ms: int) -> list[float]:
    """For each move the longest pause of any twin."""
    began = [move.began_ms for move in moves]
    by_twin = [longest_pauses_s(evidence, began, end_ms) for evidence in evidences]
    return [max(column) for column in zip(*by_twin, strict=True)]


def unbroken(verdicts: Sequence[Verdict]) -> list[Claim]:
    """What is claimed of all streams together."""
    found = total(verdicts)
    zero = {
        "frames without a prediction": found["lost"],
        "predictions that aren't public": found["unpublished"],
        "public predictions doubled or out of order": found["doubled"] + found["disordered"],
        "ticks missing or twice": found["missing"] + found["twice"],
        "ticks that nobody wrote": found["named"],
        "repeats that differ, or of void records": found["unequal"] + found["void"],
        "rates lowered of twins that aren't to blame": found["slowed"],
    }
    return [Claim.of(name, count, "==", 0) for name, count in zero.items()]


def complete(evidences: Sequence[Evidence], since_ms: int, until_ms: int, rate_hz: int) -> list[Claim]:
    """That the streams were there, and plants in them: a twin without a frame is unbroken, too."""
    due = rate_hz * (until_ms - since_ms) / 1000
    frames, heard = zip(*(attended(evidence, since_ms, until_ms) for evidence in evidences), strict=True)
    return [
        Claim.of("frames of those due, least of a twin", min(frames) / due, ">=", SHARE),
        Claim.of("messages in frames of those due, least of a twin", min(heard) / due, ">=", HEARD),
    ]
