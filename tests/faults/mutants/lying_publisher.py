"""The sync engine publishes values of its own now and then."""

from dataclasses import replace

SERVICES = ("sync-engine",)
ONCE_IN = 50


def apply():
    from sync_engine.domain.publication import Publication

    public = Publication.public

    def lies(self, frame, latency_ns):
        if frame.tick % ONCE_IN == 0:
            frame = replace(frame, values=[0.0 for _ in frame.values])
        return public(self, frame, latency_ns)

    Publication.public = lies
