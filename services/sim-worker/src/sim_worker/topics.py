"""The topics that the worker uses, by their names on the broker."""

from dataclasses import dataclass
from typing import Self

from twin_schemas.catalogue import topic


@dataclass(frozen=True, slots=True)
class Topics:
    """Physical names."""

    journal: str
    specs: str
    status: str
    commands: str
    predictions: str
    horizons: str
    checkpoints: str
    keyframes: str
    events: str
    requests: str
    replies: str

    @classmethod
    def under(cls, prefix: str) -> Self:
        """The catalogue's topics under a prefix."""
        return cls(
            journal=topic("sim.journal").physical(prefix),
            specs=topic("twin.specs").physical(prefix),
            status=topic("twin.status").physical(prefix),
            commands=topic("sim.commands").physical(prefix),
            predictions=topic("sim.predictions").physical(prefix),
            horizons=topic("sim.horizons").physical(prefix),
            checkpoints=topic("sim.checkpoints").physical(prefix),
            keyframes=topic("sim.keyframes").physical(prefix),
            events=topic("control.events").physical(prefix),
            requests=topic("sim.requests").physical(prefix),
            replies=topic("bus.replies").physical(prefix),
        )
