"""What a compiled scene offers to be observed and driven, by USD path."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum


class JointMotion(StrEnum):
    """What a joint's position is."""

    ANGULAR = "angular"
    LINEAR = "linear"


@dataclass(frozen=True, slots=True)
class Inventory:
    """Joints and bodies of a model.

    Attributes:
        joints: joints with one degree of freedom, by USD path.
        bodies: USD paths of bodies.
        free: bodies among them that no joint holds.
    """

    joints: Mapping[str, JointMotion] = field(default_factory=dict)
    bodies: frozenset[str] = frozenset()
    free: frozenset[str] = frozenset()

    def nearest(self, path: str, count: int = 3) -> list[str]:
        """Existing paths that look most like one that doesn't exist; all of a small scene when none does."""
        known = [*self.joints, *sorted(self.bodies)]
        tail = path.rsplit("/", 1)[-1]
        same_name = [other for other in known if other.rsplit("/", 1)[-1] == tail]
        close = get_close_matches(path, known, n=count, cutoff=0.5)
        found = list(dict.fromkeys([*same_name, *close]))[:count]
        return found or known[:count]
