"""A session's parts, as the twin's definition asks for them."""

from sync_engine.domain.frames import FrameBuilder
from sync_engine.domain.intake import Intake
from sync_engine.domain.latency import LatencyAccount
from sync_engine.domain.limits import Limits
from sync_engine.domain.pending import PendingReadings
from sync_engine.domain.quorum import Quorum
from sync_engine.domain.source_clock import SourceClock
from sync_engine.domain.tally import Tally
from twin_common.definition import MqttSource
from twin_common.definition.sync import Sync
from twin_schemas.records import Epoch, Grid
from twin_sim.journal import JournalTail
from twin_sim.journal.grid import NS_PER_S


def source_names(sync: Sync) -> list[str]:
    """The names of a twin's sources, in order."""
    return [sync.source_name(index) for index in range(len(sync.sources))]


def make_intakes(sync: Sync, tail: JournalTail, tally: Tally, limits: Limits) -> list[Intake]:
    """One intake for each source; their clocks go on from the offsets that the journal has.

    Raises:
        ValueError: there is no bridge for a source.
    """
    intakes = []
    for name, source in zip(source_names(sync), sync.sources, strict=True):
        if not isinstance(source, MqttSource):
            raise ValueError(f"source {name}: no bridge reads {source.type} sources")
        clock = SourceClock(limits.clock_tolerance_ns, offset_ns=tail.clock_offsets.get(name))
        intakes.append(Intake(name, source, clock, tally, limits.payload_bytes))
    return intakes


def make_quorum(sync: Sync) -> Quorum:
    """A quorum in which no source is live yet."""
    names = source_names(sync)
    stated = {
        name: round(NS_PER_S / source.rate_hz)
        for name, source in zip(names, sync.sources, strict=True)
        if isinstance(source, MqttSource) and source.rate_hz is not None
    }
    return Quorum(names, stated)


def defined_rate(sync: Sync) -> Grid:
    """The rate that a definition asks for, as a grid from nowhere."""
    return Grid(0, 0, sync.rate_hz.numerator, sync.rate_hz.denominator)


def same_rate(one: Grid, other: Grid) -> bool:
    """Whether two grids tick equally often."""
    return one.rate_num * other.rate_den == other.rate_num * one.rate_den


def make_builder(
    sync: Sync,
    tail: JournalTail,
    epoch: Epoch,
    quorum: Quorum,
    account: LatencyAccount,
    limits: Limits,
    *,
    locked: bool,
    commands_offset: int,
) -> FrameBuilder:
    """A frame builder that goes on where the journal ends.

    Raises:
        ValueError: the journal has no grid yet.
    """
    if tail.grid is None:
        raise ValueError("a journal without a genesis has no ticks to go on with")
    wait = sync.frame_wait_ms
    return FrameBuilder(
        epoch,
        tail.grid,
        tail.tick,
        quorum,
        PendingReadings(len(sync.sources), sync.buffer_size),
        account,
        primary=source_names(sync).index(sync.primary) if sync.primary is not None else None,
        wait_ns=round(wait * 1_000_000) if wait is not None else None,
        longest_wait_ns=limits.longest_wait_ns,
        gap_ns=limits.gap_ns,
        locked=locked,
        commands_offset=commands_offset,
    )
