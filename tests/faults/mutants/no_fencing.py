"""Nobody looks at epochs: a writer that was replaced writes on, and workers fold what it writes."""

SERVICES = ("sync-engine", "sim-worker")


def apply():
    from twin_sim.journal.epochs import EpochFilter

    def admits(self, record):
        self.in_force = record.epoch
        return True

    EpochFilter.admits = admits
    try:
        from sync_engine.handlers.held import HeldTwin
        from sync_engine.handlers.watch import StallWatch
    except ImportError:
        return
    StallWatch.beat = lambda self: True
    HeldTwin.still_ours = lambda self, acquired: True
