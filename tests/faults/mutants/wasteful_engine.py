"""A sync engine drops every second message and counts it, though it could take all of them."""

import itertools

SERVICES = ("sync-engine",)
READINGS = 3


def apply():
    from sync_engine.domain.session import TwinSession

    receive, messages = TwinSession.receive, itertools.count()

    def wasteful(self, source, topic, payload, receive_ns, framed=None):
        if next(messages) % 2:
            self.tally.drop(self.intakes[source].name, READINGS, 0)
        else:
            receive(self, source, topic, payload, receive_ns, framed)

    TwinSession.receive = wasteful
