"""What must not happen while an input is read."""

from __future__ import annotations

import resource
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

SLOWEST_S = 1.0
LARGEST_MB = 256
HANG, MEMORY = "hang", "memory"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one input.

    Attributes:
        outcome: `accepted` or the code of a refusal; of a finding, what went wrong.
        cpu_s: computing time, s: what a busy machine doesn't change.
        finding: where it went wrong, for people; None: all is well.
    """

    outcome: str
    cpu_s: float
    finding: str | None = None


def peak_mb() -> float:
    """The most memory that this process ever had, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def judged(run: Callable[[bytes], str], data: bytes, memory_limit_mb: float) -> Verdict:
    """Run one input.

    Args:
        run: the target.
        data: the input.
        memory_limit_mb: the process may not have had more than this afterwards.
    """
    before = peak_mb()  # by what made the input, too
    began = time.process_time()
    try:
        outcome = run(data)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001 (whatever comes is a finding)
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{where.filename.rpartition('/')[2]}:{where.lineno}"
        return Verdict(
            f"{type(error).__name__} at {place}",
            time.process_time() - began,
            "".join(traceback.format_exception(error)[-6:]),
        )
    spent = time.process_time() - began
    if spent > SLOWEST_S:
        return Verdict(HANG, spent, f"{spent:.1f} s of computing, after which it was {outcome}")
    if peak_mb() > max(memory_limit_mb, before):
        return Verdict(MEMORY, spent, f"{peak_mb():.0f} MB, after which it was {outcome}")
    return Verdict(outcome, spent)
