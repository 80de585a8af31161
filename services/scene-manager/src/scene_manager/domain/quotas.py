"""What one organisation may have."""

from __future__ import annotations

from dataclasses import dataclass

from scene_manager.errors import Refused


@dataclass(frozen=True, slots=True)
class Quotas:
    """How many twins one organisation may have.

    Attributes:
        twins: not deleted.
        running: desired to run.
    """

    twins: int
    running: int

    def check_twins(self, org: str, kept: int) -> None:
        """Accept one more twin.

        Raises:
            Refused: `quota_exceeded`.
        """
        if kept >= self.twins:
            raise Refused(
                "quota_exceeded",
                f"organization {org!r} has {kept} twins and may have {self.twins} (quotas.twins); delete one, or ask "
                "who runs this deployment for more",
            )

    def check_running(self, org: str, running: int) -> None:
        """Accept one more twin that runs.

        Raises:
            Refused: `quota_exceeded`.
        """
        if running >= self.running:
            raise Refused(
                "quota_exceeded",
                f"{running} twins of organization {org!r} run and {self.running} may (quotas.running); stop one, or "
                "ask who runs this deployment for more",
            )
