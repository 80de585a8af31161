"""From an incarnation of another build to the first of this one (journal rule 19)."""

from dataclasses import replace

from twin_schemas.records import (
    CommandApplied,
    CommandRefused,
    IncarnationBegan,
    IncarnationRequested,
    PortableState,
    PredictionFrame,
    TwinGenesis,
)
from twin_sim.fold import Build, Emitted, differences, portable_digest
from twin_sim.journal import JournalRecord


class Bridge:
    """What a fold of this build says of an incarnation of another, until the journal begins one of this build.

    The fold goes on meanwhile, so that the next incarnation begins where the twin is then. But that build would say
    something else in the last digits: no prediction leaves, and what became of commands waits for the genesis. It
    tells which of them are in its state, as done or as still to be done, which is told when it is; of the others
    nothing is left, and their senders are told.

    Attributes:
        differs: in which stamps the builds differ.
    """

    def __init__(self, differs: str) -> None:
        """Nothing was said yet."""
        self.differs = differs
        self._held: list[CommandApplied | CommandRefused] = []

    def pass_on(self, record: JournalRecord, emitted: list[Emitted]) -> list[Emitted]:
        """What to tell now of what the fold says of a record: nothing before a genesis, and then all that counts."""
        if not isinstance(record, TwinGenesis):
            self._held += [said for said in emitted if not isinstance(said, PredictionFrame)]
            return []
        state = record.state
        covered = state.offset if state is not None else -1
        waiting = {each.record.command_id for each in state.pending} if state is not None else set()
        held = (
            _lost(said) if isinstance(said, CommandApplied) and said.offset > covered else said
            for said in self._held
            if said.command_id not in waiting
        )
        return [*held, *emitted]


def _lost(applied: CommandApplied) -> CommandRefused:
    return CommandRefused(
        twin=applied.twin,
        incarnation=applied.incarnation,
        offset=applied.offset,
        command_id=applied.command_id,
        code="superseded",
        message="a new incarnation began from a state before it acted; send it again",
    )


def going_on(
    wanted: IncarnationRequested, genesis: TwinGenesis | None, state: PortableState | None
) -> IncarnationRequested:
    """The request for an incarnation that goes on from the state of the one in force, where only the build differs.

    Args:
        wanted: the request, without a state.
        genesis: of the incarnation in force.
        state: of that incarnation; None: there is none to go on from.
    """
    if genesis is None or genesis.revision != wanted.revision:
        return wanted
    before, now = genesis.stamps, wanted.stamps
    differs = differences(Build.of(before), Build.of(now))
    if not differs or (before.scene_digest, before.engine) != (now.scene_digest, now.engine):
        return wanted
    reason = f"new incarnation: {differs}"
    if state is None:
        return replace(
            wanted, reason=f"{reason}; nothing to go on from, so it begins at the scene's initial state"
        )
    return replace(wanted, state=state, state_digest=portable_digest(state), reason=reason)


def began(genesis: TwinGenesis, offset: int) -> IncarnationBegan:
    """What is told of an incarnation that is folded from now on."""
    state = genesis.state
    return IncarnationBegan(
        twin=genesis.twin,
        org=genesis.org,
        name=genesis.name,
        revision=genesis.revision,
        incarnation=genesis.incarnation,
        offset=offset,
        stamps=genesis.stamps,
        continuity="initial" if state is None else "approximate",
        from_incarnation=state.incarnation if state is not None else 0,
        from_offset=state.offset if state is not None else -1,
        reason=genesis.reason,
        state_digest=genesis.state_digest,
    )
