"""The table of what came of it."""

from __future__ import annotations

from collections.abc import Mapping

from fuzzing.tally import BROKEN, Tally
from fuzzing.target import ACCEPTED

_SHOWN = 8
_HEAD = (
    f"{'target':24} {'inputs':>8} {'accepted':>8} {'refused':>8} {'broke':>6} {'slowest ms':>10}  refused by"
)


def table(tallies: Mapping[str, Tally]) -> str:
    """One line a target: computing time of the slowest input, and the commonest refusals."""
    return "\n".join([_HEAD, *(_line(name, tally) for name, tally in tallies.items())])


def _line(name: str, tally: Tally) -> str:
    codes = {code: count for code, count in tally.outcomes.most_common() if code not in (ACCEPTED, BROKEN)}
    words = [f"{code} {count}" for code, count in list(codes.items())[:_SHOWN]]
    more = f", {len(codes) - _SHOWN} more" if len(codes) > _SHOWN else ""
    return (
        f"{name:24} {tally.inputs:8} {tally.accepted:8} {sum(codes.values()):8} {tally.outcomes[BROKEN]:6} "
        f"{tally.slowest_s * 1000:10.1f}  {', '.join(words)}{more}"
    )


def stories(tallies: Mapping[str, Tally]) -> str:
    """What broke, for each kind of it once."""
    return "\n\n".join(
        f"{name}: {what}, {count} times\n{story}"
        for name, tally in tallies.items()
        for what, (count, story) in tally.findings.items()
    )
