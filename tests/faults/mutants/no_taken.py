"""The sync engine sequences a command as often as it comes."""

SERVICES = ("sync-engine",)


def apply():
    from sync_engine.domain.taken import TakenCommands

    TakenCommands.has = lambda self, command, digest=None: False
