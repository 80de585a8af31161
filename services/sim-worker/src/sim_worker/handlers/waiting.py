"""What a twin that should run waits for, in words."""

from sim_worker.handlers.held import Held
from sim_worker.handlers.starting import Start
from sim_worker.handlers.twin import TwinRun
from twin_schemas.records import Desired, TwinSpec


def waits_for(spec: TwinSpec, held: Held, run: TwinRun | None, start: Start | None) -> str | None:
    """What stands between a twin and what its spec asks for; None: nothing, or what is reported as a trouble.

    Args:
        spec: what should be.
        held: its partition.
        run: what there is of it.
        start: how far its start is.
    """
    if spec.desired is not Desired.RUNNING or (run is not None and run.parked is not None):
        return None
    if run is not None and run.preparing and (run.genesis is None or run.asleep is not None):
        return "for its model: it is being compiled"
    if not held.caught_up:
        there = run is not None and run.genesis is not None
        return None if there else f"for its worker: it reads partition {held.number} of the journal"
    if start is None or start.trouble is not None:
        return None
    if start.wanted is None:
        return "for its scene: it is fetched and compiled" if run is None or not run.folding else None
    genesis = run.genesis if run is not None else None
    if genesis is not None and start.served:
        goes_on = start.applied(genesis) and run is not None and not run.stopped
        return (
            None if goes_on else f"for the sync engine to go on with revision {spec.revision}: does one run?"
        )
    return f"for the sync engine to begin an incarnation of revision {spec.revision}: does one run?"
