"""What a crash cost the people who read the public stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from hanzo_twin.audit.entries import PublicEntry
from hanzo_twin.audit.frames import Frame, Identity


@dataclass(frozen=True, slots=True)
class Recovery:
    """A crash as seen from the public stream.

    Attributes:
        start_ms: when the process was killed, ms since the Unix epoch.
        end_ms: when the stream had caught up: the first prediction after the gap that was public before the
            next frame was appended.
        longest_gap_s: the longest time without a public prediction that ended after the kill.
    """

    start_ms: int
    end_ms: int
    longest_gap_s: float


def recovery_of(frames: Sequence[Frame], public: Sequence[PublicEntry], killed_ms: int) -> Recovery | None:
    """The recovery from a kill; None when the stream had not caught up by its end.

    Args:
        frames: frames in force, in log order.
        public: the public stream, in log order.
        killed_ms: when the process was killed, ms since the Unix epoch.
    """
    shown: dict[Identity, int] = {}
    for entry in public:
        shown.setdefault(Identity(entry.prediction.incarnation, entry.prediction.offset), entry.at_ms)
    times = sorted(shown.values())
    gaps = [(later - earlier, later) for earlier, later in pairwise(times) if later > killed_ms]
    if not gaps:
        return None
    # the stream's own rhythm gives gaps too: the outage is the longest one after the kill
    longest, resumed_ms = max(gaps)
    for frame, following in pairwise(frames):
        at_ms = shown.get(frame.identity)
        if at_ms is not None and resumed_ms <= at_ms < following.at_ms:
            return Recovery(killed_ms, at_ms, longest / 1000)
    return None
