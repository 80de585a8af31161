"""`sync-engine`: load the settings, build, run until told to stop."""

import asyncio
import sys

from sync_engine.bootstrap import build
from twin_common.service import run_service
from twin_common.settings import Settings


async def _run(settings: Settings, stop: asyncio.Event) -> None:
    await build(settings).run(stop)


def main() -> None:
    """Run the sync engine."""
    sys.exit(run_service(_run, service="sync-engine"))


if __name__ == "__main__":
    main()
