"""A record's offset is committed before the record is handled: a crash between the two loses it."""

import asyncio

SERVICES = ("scene-manager",)
BETWEEN_S = 1.0


def apply():
    from twin_common.runner.lane import Lane

    async def work(self):
        while not self._stopping:
            if not self._queue:
                self._arrived.clear()
                await self._arrived.wait()
                continue
            record = self._queue[0]
            self._handled = record.offset + 1
            await asyncio.sleep(BETWEEN_S)
            if not await self._deliver(record, lambda: self._stopping):
                return
            self._queue.popleft()

    Lane._work = work
