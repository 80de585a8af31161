"""Fold a journal again, apart from every worker, and compare with what the workers emitted."""

from hanzo_twin.replay.verify import Difference, Report, verify

__all__ = ["Difference", "Report", "verify"]
