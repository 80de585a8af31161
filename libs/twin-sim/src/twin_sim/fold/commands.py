"""Which commands the fold takes, and what it says of those that acted (journal rules 5 and 12)."""

from collections.abc import Iterable

from twin_schemas.records import CommandApplied, CommandRefused, JointCommand, ParametersApplied, StateReset
from twin_sim.fold.advance import Outcome
from twin_sim.fold.errors import RefusedCommand
from twin_sim.fold.events import Interval
from twin_sim.fold.foldable import Command, Foldable
from twin_sim.fold.state import FoldState
from twin_sim.journal.tail import JournalRecord

_LONGEST_MESSAGE = 1000
"""It may repeat what the command says, whose size nobody bounds."""


def check_command(state: FoldState, command: Command, twin: Foldable) -> None:
    """Whether a command can wait for its effect time.

    Raises:
        RefusedCommand: too many wait, it lies too far ahead, its version is stale, or the model can't do it.
    """
    config = state.genesis.fold
    if len(state.pending) >= config.max_pending:
        raise RefusedCommand(
            "too_many_pending",
            f"{len(state.pending)} commands wait already; send it nearer to its effect time",
        )
    effect = command.effect_time_ns
    if effect is not None and effect > state.time_ns + config.max_future_ns:
        ahead = (effect - state.time_ns) / 1e9
        raise RefusedCommand(
            "too_far_ahead",
            f"effect time lies {ahead:.3f} s ahead, at most {config.max_future_ns / 1e9:g} s are allowed",
        )
    if isinstance(command, ParametersApplied):
        waiting = [p.record.version for p in state.pending if isinstance(p.record, ParametersApplied)]
        newest = max([state.parameter_version, *waiting])
        if command.version <= newest:
            raise RefusedCommand(
                "stale_version", f"parameter version {command.version} is not above {newest}"
            )
    twin.check(command)


def refusal(state: FoldState, offset: int, command: Command, refused: RefusedCommand) -> CommandRefused:
    """What the fold says of a command that it doesn't take."""
    return CommandRefused(
        twin=state.genesis.twin,
        incarnation=state.genesis.incarnation,
        offset=offset,
        command_id=command.command_id,
        code=refused.code,
        message=refused.message[:_LONGEST_MESSAGE],
    )


def reports(
    state: FoldState, offset: int, tick: int, interval: Interval, outcomes: Iterable[Outcome]
) -> list[CommandApplied | CommandRefused]:
    """What the fold says of the commands that were due in a frame."""
    said: list[CommandApplied | CommandRefused] = []
    for outcome in outcomes:
        command, step = outcome.event.pending.record, outcome.event.step
        if outcome.refused is not None:
            said.append(refusal(state, offset, command, outcome.refused))
            continue
        acted = interval.step_time(step)
        effect = command.effect_time_ns
        late = acted - effect if effect is not None and effect < interval.start_ns else 0
        said.append(
            CommandApplied(
                twin=state.genesis.twin,
                incarnation=state.genesis.incarnation,
                offset=offset,
                command_id=command.command_id,
                tick=tick,
                step=step,
                time_ns=acted,
                late_ns=late,
            )
        )
    return said


def refused_while_parked(state: FoldState, offset: int, record: JournalRecord) -> list[CommandRefused]:
    """Whoever commands a parked twin is told so; the state stays as it was."""
    if not isinstance(record, JointCommand | ParametersApplied | StateReset):
        return []
    parked = RefusedCommand(
        "not_running", f"the twin is parked: {state.parked}; correct it, then start it anew"
    )
    return [refusal(state, offset, record, parked)]
