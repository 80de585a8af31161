"""From `main` to exit code: what every service's entry point does around its own wiring."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable

import uvloop

from twin_common import telemetry
from twin_common.errors import BrokerUnreachable, SettingsError, StoreUnreachable
from twin_common.logs import configure_logs, get_logger
from twin_common.schema_ids import use_registry
from twin_common.settings import Settings, load_settings
from twin_common.tasks import log_tasks
from twin_schemas.errors import RegistryUnreachable

EXIT_FAILURE = 1
EXIT_UNAVAILABLE = 69
EXIT_CONFIG = 78
"""Exit codes as in BSD's sysexits: what is needed isn't there; the configuration is wrong."""

Main = Callable[[Settings, asyncio.Event], Awaitable[None]]
"""A service's main: runs until the event is set, then stops gracefully and returns."""

_SECOND_SIGNAL_EXIT = 130


def run_service(main: Main, *, service: str) -> int:
    """Load the settings, set up logs, run `main` on uvloop until SIGTERM or SIGINT, and return the exit code.

    The first signal asks for a graceful stop, a second one ends the process at once. Any exception out of
    `main` is logged in full and becomes an exit code: the process never goes on half alive.
    """
    try:
        settings = load_settings()
    except SettingsError as error:
        print(f"{service}: {error}", file=sys.stderr)  # noqa: T201 (logging isn't set up yet)
        return EXIT_CONFIG
    configure_logs(settings.logging, service)
    log = get_logger(service)
    tracing: telemetry.Tracing | None = None
    try:
        tracing = telemetry.start(settings.telemetry, service)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_until_signalled(main, settings))
    except SettingsError as error:
        log.critical(str(error))
        return EXIT_CONFIG
    except (BrokerUnreachable, StoreUnreachable, RegistryUnreachable) as error:
        log.critical(str(error))
        return EXIT_UNAVAILABLE
    except Exception:
        log.critical("stopped by an error", exc_info=True)
        return EXIT_FAILURE
    finally:
        if tracing is not None:
            tracing.close()
    log.info("stopped")
    return 0


async def _until_signalled(main: Main, settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def asked(signum: int) -> None:
        if stop.is_set():
            os._exit(_SECOND_SIGNAL_EXIT)
        get_logger(__name__).info("stopping", signal=signal.Signals(signum).name)
        stop.set()

    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, asked, signum)
    loop.add_signal_handler(signal.SIGUSR1, log_tasks, loop)
    await use_registry(settings.stream)
    await main(settings, stop)
