"""What is going on with one twin right now: a pure model, and its drawing as a table."""

from hanzo_twin.live.model import LiveModel, LiveView

__all__ = ["LiveModel", "LiveView"]
