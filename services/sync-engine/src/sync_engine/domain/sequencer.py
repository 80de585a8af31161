"""Commands from outside become journal records (journal rule 5)."""

import math
from collections.abc import Iterable

from sync_engine.domain.taken import Sequenced
from sync_engine.errors import CommandRejected
from twin_schemas.records import (
    ApplyParameters,
    Epoch,
    JointCommand,
    ParametersApplied,
    ResetState,
    SetJointCommand,
    SetRate,
    StateReset,
)

_ELSEWHERE = -1
"""The offset of a command that came another way: no fold takes it for a repeat."""
_SLOWEST_HZ = 0.001
_FASTEST_HZ = 1000


class Sequencer:
    """Turns commands into records.

    Attributes:
        parameter_version: highest version written.
    """

    def __init__(self, epoch: Epoch, parameter_version: int, folded: int = -1) -> None:
        """Go on where the journal ends: with its highest version of the parameters.

        `folded` is the offset up to which a fold of it takes commands for repeats.
        """
        self.parameter_version = parameter_version
        self._epoch, self._folded = epoch, folded

    def sequence(self, command: SetJointCommand | ApplyParameters | ResetState, offset: int) -> Sequenced:
        """The journal record of a command.

        Args:
            command: not a repeat.
            offset: its offset in sim.commands.

        Raises:
            CommandRejected: it has no targets, or a number that isn't finite.
        """
        # of a command that the broker has lost: the fold would drop this one unsaid
        if offset <= self._folded:
            offset = _ELSEWHERE
        match command:
            case SetJointCommand():
                if not command.targets:
                    raise CommandRejected("no_targets", "the command has no targets; name at least one joint")
                _require_finite((target.value for target in command.targets), "targets")
                return JointCommand(
                    self._epoch,
                    command.command_id,
                    offset,
                    command.targets,
                    effect_time_ns=command.effect_time_ns,
                )
            case ApplyParameters():
                _require_finite(command.overrides.values(), "overrides")
                self.parameter_version += 1
                return ParametersApplied(
                    self._epoch,
                    command.command_id,
                    offset,
                    self.parameter_version,
                    command.model_digest,
                    command.overrides,
                    effect_time_ns=command.effect_time_ns,
                )
            case ResetState():
                _require_finite((item for values in command.values.values() for item in values), "values")
                return StateReset(
                    self._epoch,
                    command.command_id,
                    offset,
                    command.to_initial,
                    command.values,
                    effect_time_ns=command.effect_time_ns,
                )


def check_rate(command: SetRate) -> None:
    """Whether a grid can run at a rate.

    Raises:
        CommandRejected: it can't.
    """
    num, den = command.rate_num, command.rate_den
    if num <= 0 or den <= 0 or not _SLOWEST_HZ <= num / den <= _FASTEST_HZ:
        raise CommandRejected(
            "bad_rate", f"{num}/{den} Hz; rates lie between {_SLOWEST_HZ} and {_FASTEST_HZ} Hz"
        )


def _require_finite(values: Iterable[float], what: str) -> None:
    if not all(math.isfinite(value) for value in values):
        raise CommandRejected("not_finite", f"{what} has a number that isn't finite")
