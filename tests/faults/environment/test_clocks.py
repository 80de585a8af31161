"""A clock that didn't follow isn't taken for one that did."""

import asyncio
import json
import os
import signal
import sys
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from faulting.environment import clocks
from faulting.environment.clocks import JUMPS_S, Clocks, is_ahead, libfaketime
from faulting.logs import Log

SERVICE = """
import asyncio, signal
from twin_common.logs import configure_logs, get_logger
from twin_common.settings.standard import Logging

async def main():
    configure_logs(Logging(format="json"), "service")
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, lambda: get_logger("service").warning("asked"))
    get_logger("service").warning("ready")
    await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.mark.parametrize("seconds", [*JUMPS_S, 0])
def test_a_clock_shows_how_far_it_is_set_and_nothing_else(seconds):
    others = {*JUMPS_S, 0} - {seconds}
    assert is_ahead(seconds + 0.3, seconds)
    assert not any(is_ahead(seconds + 0.3, other) for other in others)


def test_a_log_tells_what_its_process_took_the_time_for(tmp_path):
    path = tmp_path / "log"
    path.write_text(json.dumps({"time": "2020-01-01T00:00:00Z"}) + "\n")
    log = Log.now(path)
    with path.open("a") as file:
        file.write("from a library\n" + json.dumps({"time": "1970-01-01T01:00:00Z"}) + '\n{"time": "19')
    assert list(log.times()) == [3600.0]


@asynccontextmanager
async def service(folder, variables):
    """A stage with one process that writes to its log when it is asked to."""
    path = folder / "log"
    with path.open("wb") as output:
        environment = {**os.environ, **variables, "PYTHONUNBUFFERED": "1"}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", SERVICE, env=environment, stderr=output
        )

    def ask_for_log(name):
        log = Log.now(path)
        process.send_signal(signal.SIGUSR1)
        return log

    try:
        while not path.stat().st_size:  # noqa: ASYNC110 (a file calls nobody)
            await asyncio.sleep(0.05)
        yield SimpleNamespace(ask_for_log=ask_for_log)
    finally:
        process.kill()
        await process.wait()


async def test_a_process_under_its_clock_follows_it_forth_and_back(tmp_path):
    own = Clocks(tmp_path)
    own.ahead("service", 0)
    async with service(tmp_path, own.variables("service", libfaketime())) as stage:
        for seconds in (-3600, 0):
            own.ahead("service", seconds)
            await clocks._shows(stage, "service", seconds)


async def test_one_that_is_under_no_clock_ends_the_strike(tmp_path, monkeypatch):
    monkeypatch.setattr(clocks, "_ANSWER_S", 0.0)
    async with service(tmp_path, {}) as stage:
        with pytest.raises(RuntimeError, match=r"isn't \+2 s ahead"):
            await clocks._shows(stage, "service", 2)
