"""Makes the engine of a worker faulty or slow on command, when PYTHONPATH names this folder.

A joint command of 1313 brings the process down, as a faulty engine would. While a parameter is 0.1777, every frame of
that twin takes longer than its tick, at whatever rate. Only for benches and tests; nothing of the platform knows of it.
"""

import ctypes
import sys
import time

FATAL, SLOW = 1313.0, 0.1777
TOO_LONG = 1.6
"""Ticks that a frame of a slowed twin takes."""


def _arm() -> None:
    from twin_schemas.records import JointCommand, ObservationFrame
    from twin_sim.fold import Fold

    take = Fold.take

    def faulty(self, offset, record):  # type: ignore[no-untyped-def]
        state = self.state
        if state is None or self.parked is not None:  # a parked twin has no engine
            return take(self, offset, record)
        if isinstance(record, JointCommand) and any(target.value == FATAL for target in record.targets):
            ctypes.string_at(0)  # SIGSEGV
        if isinstance(record, ObservationFrame) and SLOW in state.overrides.values():
            time.sleep(TOO_LONG * state.grid.rate_den / state.grid.rate_num)
        return take(self, offset, record)

    Fold.take = faulty  # type: ignore[method-assign]


if any(word.endswith("sim-worker") for word in sys.orig_argv):
    _arm()
