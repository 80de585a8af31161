"""A stack of the demo's own: started for it, and gone with it."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hanzo_twin.stack import EmbeddedStack
from hanzo_twin.stack.plan import External
from hanzo_twin.stack.services import usual
from twin_common.settings import load_settings

WORKERS = 2


@contextmanager
def private_stack() -> Iterator[EmbeddedStack]:
    """A running stack with two workers, in a folder of its own.

    At the end everything is stopped; the folder with the logs is kept only when something went wrong, and
    the error says where. SIGTERM and SIGHUP end it as Ctrl-C does; none of them interrupts the clearing up.

    Raises:
        StackError: a part failed, with its last log lines.
        SettingsError: the config file or a variable is wrong.
    """
    external = External.from_settings(load_settings())
    folder = Path(tempfile.mkdtemp(prefix="hanzo-twin-demo-"))
    stack = EmbeddedStack(folder, services=usual() | {"sim-worker": WORKERS}, external=external)
    before = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    signal.signal(signal.SIGTERM, _as_interrupt)
    signal.signal(signal.SIGHUP, _as_interrupt)
    keep = False
    try:
        yield stack.start()
    except Exception as error:
        keep = True
        error.add_note(f"the logs of the demo's stack are kept in {stack.home.logs}")
        raise
    finally:
        for name in before:
            signal.signal(name, signal.SIG_IGN)
        stack.stop()
        if not keep:
            shutil.rmtree(folder)
        for name, handler in before.items():
            signal.signal(name, handler)


def _as_interrupt(_number: int, _frame: object) -> None:
    signal.raise_signal(signal.SIGINT)
