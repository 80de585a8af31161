"""The journal's own arithmetic: tick grid, epochs, and what a reader knows at its end.

Every reader of a journal uses these functions, so that all of them agree on which records count (rule 3) and
when a tick is (rule 8).
"""

from twin_sim.journal.epochs import LOST_TAIL, EpochFilter
from twin_sim.journal.grid import interval_s, tick_time, ticks_before
from twin_sim.journal.revision import revised, same_model
from twin_sim.journal.tail import JournalRecord, JournalTail

__all__ = [
    "LOST_TAIL",
    "EpochFilter",
    "JournalRecord",
    "JournalTail",
    "interval_s",
    "revised",
    "same_model",
    "tick_time",
    "ticks_before",
]
