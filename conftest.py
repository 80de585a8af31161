"""Fixtures of all packages' tests."""

import signal
from pathlib import Path

import pytest
from hypothesis import settings

# In the background of a script it is ignored, and programs under test would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("no-deadline", deadline=None)  # a busy machine says nothing of the code
settings.load_profile("no-deadline")

pytest_plugins = ["twin_common.testing.plugin"]

_ROOT = Path(__file__).parent
_UNDER_LOAD = {_ROOT / "tests" / folder for folder in ("exactly_once", "faults", "scale", "soak", "upgrade")}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Share tests among processes (`-n 2`) by file; those that load a whole platform take turns in one process.

    They mostly wait for time-outs that the others can use, and two of them at once would be more than two cores.
    """
    for item in items:
        loads = not _UNDER_LOAD.isdisjoint(item.path.parents)
        item.add_marker(pytest.mark.xdist_group("under load" if loads else str(item.path.relative_to(_ROOT))))
