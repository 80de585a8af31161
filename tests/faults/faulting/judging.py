"""What nobody may excuse himself with: refusals without a reason, and readings that were dropped and counted."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from faulting.asking import Asked, Told
from faulting.verdict import Verdict

_IN_ORDER = ("StartTwin", "phase_conflict")
"""What the load asks too early: to start a twin that still stops."""


def turned_away(told: Sequence[Asked], refusals: Collection[str]) -> list[str]:
    """Requests that were given up, or refused for no reason of their own and with none of these codes."""
    return [
        f"{each.kind} {each.about}: {each.told} {each.code}"
        for each in told
        if each.told is not Told.ACCEPTED
        and not (each.told is Told.REFUSED and (each.code in refusals or (each.kind, each.code) == _IN_ORDER))
    ]


def spilled(verdict: Verdict) -> list[str]:
    """Readings that sync engines have counted as dropped, where nobody has given them a reason."""
    return [f"{verdict.dropped} readings were dropped"] if verdict.dropped else []
