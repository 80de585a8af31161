"""What a journal can drive: the small protocol behind fold, fork and replay."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from twin_schemas.records import JointCommand, JointTarget, ParametersApplied, StateReset

Command = JointCommand | ParametersApplied | StateReset


@dataclass(frozen=True, slots=True)
class Carried:
    """A model's state without anything that depends on its build.

    Attributes:
        values: by `<USD path>.<kind>`, SI.
        targets: set points as they are held.
    """

    values: Mapping[str, Sequence[float]]
    targets: Sequence[JointTarget]


class Moment(Protocol):
    """A saved state in memory, bit-exact, never changed after it was taken."""

    def to_bytes(self) -> bytes:
        """The state without parameters."""


Seed = Callable[[], "Foldable"]
"""Opens a twin that stands at some moment, in whatever thread calls it; who opened it closes it."""


class Foldable(Protocol):
    """A model of a twin that a fold advances. Deterministic: no wall clock, no unseeded random number.

    Values are flat lists of the observed channels in table order, SI units.
    """

    def apply(self, command: Command) -> None:
        """Act on a command at the present step.

        Raises:
            RefusedCommand: it names something the model doesn't have.
        """

    def check(self, command: Command) -> None:
        """Raise what `apply` would raise, and change nothing."""

    def set_input(self, channel: int, values: Sequence[float]) -> None:
        """Hold an input at these values until it is set again."""

    def correct(self, channel: int, correction: Sequence[float]) -> None:
        """Shift the state so that the channel's value moves by the correction (6 numbers for a pose)."""

    def set_timestep(self, seconds: float) -> None:
        """Length of one step."""

    def advance(self, steps: int) -> None:
        """Advance by whole steps; how they are grouped into calls makes no difference."""

    def read(self) -> list[float]:
        """Present values of the observed channels, flattened."""

    def healthy(self) -> bool:
        """False when the state is not finite or the model has diverged."""

    def save(self) -> Moment:
        """The present state."""

    def load(self, moment: Moment) -> None:
        """Go back to a saved state, parameters included."""

    def snapshot(self) -> bytes:
        """The present state for a checkpoint, parameters not included."""

    def restore(self, state: bytes) -> None:
        """Take over the state of a checkpoint under the parameters in force."""

    def carried(self, moment: Moment) -> Carried:
        """A saved state for another build; the present one stays as it is."""

    def take_over(self, carried: Carried) -> None:
        """Come as near to what another build carried as this model can; what it doesn't have is left out."""

    def digest(self) -> bytes:
        """16 bytes that differ when any bit of the state differs."""

    def seed(self, moment: Moment) -> "Seed":
        """Opens independent copies that stand at a moment of this one; costs nothing until it is called."""

    def close(self) -> None:
        """Release everything."""
