"""A record's offset is committed before the record is handled: a crash between the two loses it."""

import asyncio

SERVICES = ("scene-manager",)
BETWEEN_S = 1.0


def apply():
    from twin_common.runner.lane import Lane

    async def work(self):
        while not self._stopping:
            entry = next((each for each in self._entries if each.done is None), None)
            if entry is None:
                self._to_do.clear()
                await self._to_do.wait()
                continue
            self._handled = entry.record.offset + 1
            await asyncio.sleep(BETWEEN_S)
            if not await self._deliver(entry.record, lambda: self._stopping):
                return
            entry.done = True
            self._done.set()

    Lane._work = work
