"""What is reported of a twin."""

from sync_engine.domain.session import TwinSession
from twin_schemas.records import SyncStatus


def status_of(session: TwinSession, engine: str, now_ns: int) -> SyncStatus:
    """The status of a twin; its latency and innovations are those since the last report.

    Args:
        session: the twin.
        engine: name of this process.
        now_ns: when.
    """
    counts = dict(session.tally.counts)
    counts["overruns"] = session.account.overruns
    counts["repeated"] = session.publication.repeated
    counts["unknown_incarnation"] = session.publication.unknown
    return SyncStatus(
        twin=session.spec.twin,
        org=session.spec.org,
        name=session.spec.name,
        revision=session.spec.revision,
        engine=engine,
        incarnation=session.tail.incarnation,
        epoch=session.epoch.counter,
        tick=session.tick,
        sources=[intake.status(live=session.is_live(index)) for index, intake in enumerate(session.intakes)],
        counts=counts,
        latency=session.account.summary(),
        innovation_rms=session.publication.innovation_rms(),
        errors=dict(session.tally.errors),
        at_ns=now_ns,
    )
