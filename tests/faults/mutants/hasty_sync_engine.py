"""A command's offset is committed before it is in the journal: a crash between the two loses it."""

from commit_before_effect import apply

SERVICES = ("sync-engine",)

__all__ = ["SERVICES", "apply"]
