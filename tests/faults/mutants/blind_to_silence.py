"""A sync engine doesn't notice that no broker has answered for as long as its session lasts."""

SERVICES = ("sync-engine",)


def apply():
    from sync_engine.handlers.watch import StallWatch

    StallWatch.in_contact = lambda self: True
