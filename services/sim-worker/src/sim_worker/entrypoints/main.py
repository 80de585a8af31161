"""`sim-worker`: load the settings, build, run until told to stop."""

import argparse
import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable, Mapping

from sim_worker.bootstrap import serve
from twin_common.service import run_service
from twin_common.settings import Settings

ROLES: Mapping[str, Callable[[Settings, asyncio.Event], Awaitable[None]]] = {"fold": serve}

_SWITCH_S = 0.001
"""Forecasts run in threads; Python's usual 5 ms would let one of them hold up the fold for as long."""

_GARBAGE = (20_000, 10, 10)
"""Frames leave no cycles behind: looking for them every 700 objects takes 2% of a fold's time and finds none."""


def main() -> None:
    """Run the worker in one of its roles; the exit code says why it ended."""
    parser = argparse.ArgumentParser(prog="sim-worker", description="Folds journals over simulations.")
    parser.add_argument("--role", choices=sorted(ROLES), default="fold", help="what this process does")
    role = parser.parse_args().role
    sys.setswitchinterval(_SWITCH_S)
    gc.set_threshold(*_GARBAGE)
    sys.exit(run_service(ROLES[role], service="sim-worker"))


if __name__ == "__main__":
    main()
