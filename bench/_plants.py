"""Plants beside a platform. A dead one looks well from the bus: silence makes frames, too. So they are asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from _harness import Claim
from _platform import Platform

from hanzo_twin.stack.files import last_lines

_ENDS_S = 5.0


@dataclass(frozen=True, slots=True)
class Plant:
    """A program that publishes until it is stopped.

    Attributes:
        process: it.
        log: what it says goes to this file. It says a lot while the broker is away, and a pipe that nobody reads
            would hold it up.
    """

    process: asyncio.subprocess.Process
    log: Path

    @property
    def ended(self) -> bool:
        """It has stopped by itself."""
        return self.process.returncode is not None

    def claim(self, of: str = "") -> Claim:
        """It is still there; to be asked before the block ends. Else what it said last is printed."""
        if self.ended:
            print(f"the plants ended with {self.process.returncode}:", *last_lines(self.log, 12), sep="\n")
        return Claim.of(f"{of}plants that ended before they should", self.ended, "==", 0)

    async def stop(self) -> None:
        """End it, one way or the other."""
        if not self.ended:
            self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), _ENDS_S)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()


@asynccontextmanager
async def moving(on: Platform, *arguments: str) -> AsyncIterator[Plant]:
    """Plants for as long as the block lasts: a script and its options."""
    log = on.stack.home.log("plants")
    plant = Plant(await on.script(*arguments, log=log), log)
    try:
        yield plant
    finally:
        await plant.stop()
