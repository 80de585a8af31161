"""The sync engine's bounds, as its settings give them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What a twin's session goes by besides its definition.

    Attributes:
        payload_bytes: larger messages are refused.
        longest_wait_ns: a frame waits no longer than this after its tick, unless the definition says so.
        gap_ns: a silence of ours longer than this and 3 ticks is a discontinuity.
        command_window: command ids remembered per twin.
        clock_tolerance_ns: a source's time may lie so far behind ours before its clock is doubted.
        pending: commands waiting for their effect time at most.
        ahead_s: effect times at most this far ahead, s.
    """

    payload_bytes: int = 1_000_000
    longest_wait_ns: int = 20_000_000
    gap_ns: int = 1_000_000_000
    command_window: int = 10_000
    clock_tolerance_ns: int = 1_000_000_000
    pending: int = 1000
    ahead_s: float = 60.0
