"""What the demo says at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hanzo_twin.audit import Account
from hanzo_twin.models import Command

_BARS = "▁▂▃▄▅▆▇█"
_SLOW_P99_MS = 50.0


def sparkline(values: Sequence[float]) -> str:
    """Values as a row of bars, the largest one full; empty for none."""
    top = max(values, default=0.0)
    if top <= 0:
        return _BARS[0] * len(values)
    return "".join(_BARS[min(len(_BARS) - 1, int(value / top * len(_BARS)))] for value in values)


def summary(account: Account, worker: str, successor: str) -> str:
    """The account in sentences.

    Args:
        account: of the run.
        worker: that was killed.
        successor: that went on.
    """
    recovery = f"{account.recovery.longest_gap_s:.2f} s" if account.recovery else "not seen"
    lines = [
        f"{account.ticks} frames went into the journal, {account.predictions} have their prediction.",
        f"lost: {account.lost}   not published: {account.unpublished}   repeated: {account.repeated}",
        f"{worker} was killed with SIGKILL; {successor} went on.",
        f"longest silence of the public stream: {recovery}",
        f"latency before the crash: {_latency(account.latency_before)}",
        f"latency after it:         {_latency(account.latency_after)}",
        f"over the budget, recovery included: {account.over_budget}",
    ]
    p99 = account.latency["p99"]
    if p99 is not None and p99 >= _SLOW_P99_MS:
        lines.append(
            f"p99 outside the recovery is {p99:.1f} ms, not below {_SLOW_P99_MS:.0f} ms; "
            "the usual reason is that the machine is busy with something else"
        )
    lines += [f"innovation, rms: {value:.5f}  {path}" for path, value in account.innovation_rms.items()]
    if account.innovation_over_time:
        path = min(account.innovation_rms)
        lines.append(f"innovation by second: {sparkline(account.innovation_over_time)}  {path}")
    return "\n".join(lines)


def told(command: Command, received: int, missed: int) -> str:
    """What came of the joint command, and what reached the client.

    Args:
        command: as the API says.
        received: predictions that the client got.
        missed: public ones that it didn't get.
    """
    late = f", {command.late_ns / 1e6:.1f} ms after its time" if command.late_ns else ", at its time"
    how = f"applied at tick {command.tick}{late}" if command.status == "applied" else command.status
    return f"the joint command was {how}.\nthe client received {received} predictions over REST; missed: {missed}"


def shortcomings_of_tour(command: Command, missed: int) -> str | None:
    """What the tour was to show beside the account and didn't; None when all is well."""
    wrong = []
    if command.status != "applied":
        wrong.append(f"the joint command was {command.status}{f', {command.code}' if command.code else ''}")
    if missed:
        wrong.append(f"{missed} public predictions never reached the client")
    return "; ".join(wrong) or None


def _latency(latency: Mapping[str, float | None]) -> str:
    if latency["p50"] is None:
        return "not measured"
    return "   ".join(f"{name} {value:.1f} ms" for name, value in latency.items() if value is not None)


def shortcomings(account: Account) -> str | None:
    """What the demo was to show and didn't, as one message; None when all is well."""
    wrong = []
    if not account.ticks:
        wrong.append("no frame reached the journal after the warm-up")
    if account.lost:
        wrong.append(f"{account.lost} journal frames have no prediction")
    if account.unpublished:
        wrong.append(f"{account.unpublished} predictions never reached the public stream")
    if account.recovery is None:
        wrong.append("the public stream had not caught up after the crash")
    return "; ".join(wrong) or None
