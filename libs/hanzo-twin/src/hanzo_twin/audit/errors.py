"""What an audit can find that must never be."""

from __future__ import annotations


class AuditError(Exception):
    """Base of everything that an audit refuses to count."""


class UnequalRepeat(AuditError, ValueError):
    """Two predictions for one journal frame differ: the fold isn't deterministic, or two folds ran apart."""


class VoidPrediction(AuditError, ValueError):
    """A prediction names a journal record that isn't a frame in force: something folded a void record."""
