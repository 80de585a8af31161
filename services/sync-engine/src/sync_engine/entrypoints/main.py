"""`sync-engine`: load the settings, build, run until told to stop."""

import asyncio
import gc
import sys

from sync_engine.bootstrap import build
from twin_common.service import run_service
from twin_common.settings import Settings


async def _run(settings: Settings, stop: asyncio.Event) -> None:
    service = build(settings)
    # What was made so far lives as long as the process: kept out of garbage collections, which would otherwise stop
    # the frames of all twins for tens of milliseconds.
    gc.collect()
    gc.freeze()
    await service.run(stop)


def main() -> None:
    """Run the sync engine."""
    sys.exit(run_service(_run, service="sync-engine"))


if __name__ == "__main__":
    main()
