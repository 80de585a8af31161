"""Commands from outside become journal records, each once (journal rule 5)."""

import math
from collections import OrderedDict
from collections.abc import Iterable

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

Command = SetJointCommand | ApplyParameters | ResetState | SetRate
Sequenced = JointCommand | ParametersApplied | StateReset

_SLOWEST_HZ = 0.001
_FASTEST_HZ = 1000


class Sequencer:
    """Turns commands into records and remembers the newest command ids.

    Attributes:
        parameter_version: highest version written.
    """

    def __init__(self, epoch: Epoch, window: int, parameter_version: int, seen: Iterable[str] = ()) -> None:
        """Go on where the journal ends.

        Args:
            epoch: of this writer.
            window: command ids remembered.
            parameter_version: highest version in the journal.
            seen: command ids already in the journal, oldest first.
        """
        self.parameter_version = parameter_version
        self._epoch = epoch
        self._window = window
        self._seen: OrderedDict[str, str | None] = OrderedDict()
        for command_id in seen:
            self._remember(command_id, None)

    def is_repeat(self, command: Command, digest: str | None = None) -> bool:
        """Whether a command of this id was taken before.

        Raises:
            CommandRejected: it was, and stood for another request than the one with this digest.
        """
        if command.command_id not in self._seen:
            return False
        taken = self._seen[command.command_id]
        if taken is not None and digest is not None and taken != digest:
            raise CommandRejected(
                "idempotency_conflict",
                "the idempotency key was used for another request; send this one with a new key",
            )
        return True

    def remember(self, command: Command, digest: str | None = None) -> None:
        """A command was taken. One that was refused isn't: whoever sends it again is to be answered again."""
        self._remember(command.command_id, digest)

    def sequence(self, command: SetJointCommand | ApplyParameters | ResetState, offset: int) -> Sequenced:
        """The journal record of a command.

        Args:
            command: not a repeat.
            offset: its offset in sim.commands.

        Raises:
            CommandRejected: it has no targets, or a number that isn't finite.
        """
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

    def _remember(self, command_id: str, digest: str | None) -> None:
        self._seen[command_id] = digest
        if len(self._seen) > self._window:
            self._seen.popitem(last=False)


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
