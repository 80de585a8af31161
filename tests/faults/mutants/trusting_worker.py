"""A worker that takes every journal for the one it knew: one that was set back goes on under numbers already used."""

SERVICES = ("sim-worker",)


def apply():
    from sim_worker.handlers.witness import Evidence, Examiner

    async def trust(self, partition, end):
        return Evidence(end, None)

    Examiner.evidence = trust
