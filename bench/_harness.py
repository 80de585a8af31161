"""What every bench has in common: claims with goals, a table of ratios, and a JSON object as the last line."""

from __future__ import annotations

import argparse
import json
import operator
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "<": operator.lt,
}


@dataclass(frozen=True, slots=True)
class Claim:
    """A figure that was measured in this run, and what it has to be."""

    name: str
    value: float
    goal: str
    ok: bool

    @classmethod
    def of(cls, name: str, value: float, comparison: str, limit: float) -> Claim:
        """A claim such as ("p99 ms", 31.2, "<", 50)."""
        return cls(name, float(value), f"{comparison} {limit:g}", bool(_COMPARE[comparison](value, limit)))


def arguments(description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="end with one JSON object")
    return parser


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under headings, columns aligned."""
    cells = [[_text(cell) for cell in row] for row in [headings, *rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headings))]
    for row in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def show(claims: Sequence[Claim]) -> None:
    """Print claims, as soon as they are known: what comes later may fail."""
    print()
    table(
        ["claim", "value", "goal", ""],
        [[c.name, c.value, c.goal, "ok" if c.ok else "MISSED"] for c in claims],
    )
    sys.stdout.flush()


def conclude(claims: Sequence[Claim], *, as_json: bool, shown: bool = False, **more: object) -> int:
    """Print the claims, unless they were shown; the exit code is 1 when one doesn't hold."""
    if not shown:
        show(claims)
    if as_json:
        print(json.dumps({"claims": [asdict(claim) for claim in claims], **more}))
    return 0 if all(claim.ok for claim in claims) else 1


def _text(cell: object) -> str:
    return f"{cell:.4g}" if isinstance(cell, float) else str(cell)
