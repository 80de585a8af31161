"""What really happened to a twin, judged from the raw topics and not from any service's own counters."""

from hanzo_twin.audit.account import Account, account
from hanzo_twin.audit.entries import JournalEntry, PredictionEntry, PublicEntry
from hanzo_twin.audit.errors import AuditError, UnequalRepeat, VoidPrediction
from hanzo_twin.audit.frames import Frame, frames_in_force

__all__ = [
    "Account",
    "AuditError",
    "Frame",
    "JournalEntry",
    "PredictionEntry",
    "PublicEntry",
    "UnequalRepeat",
    "VoidPrediction",
    "account",
    "frames_in_force",
]
