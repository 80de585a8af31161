"""The control plane handles a command as often as it comes."""

SERVICES = ("scene-manager",)


def apply():
    from scene_manager.adapters.postgres.work import PostgresTransaction, PostgresWork

    note = PostgresTransaction.note

    async def always_new(self, asked):
        await note(self, asked)
        return True

    async def unknown(self, asked):
        return False

    PostgresTransaction.note = always_new
    PostgresWork.known = unknown
