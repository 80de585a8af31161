"""Logs: JSON with context and without secrets."""

import io
import json
import logging

import pytest
import structlog
from pydantic import SecretStr

from twin_common.logs import configure_logs, get_logger, log_context
from twin_common.settings.standard import Logging


@pytest.fixture
def lines():
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logs(Logging(), "sync-engine", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_line_carries_service_level_time_and_context(lines):
    with log_context(org="local", twin="pendulum", traceparent=None):
        get_logger("x").info("frame closed", tick=7)
    (line,) = lines()
    assert {k: line[k] for k in ("event", "service", "level", "org", "twin", "tick")} == {
        "event": "frame closed",
        "service": "sync-engine",
        "level": "info",
        "org": "local",
        "twin": "pendulum",
        "tick": 7,
    }
    assert "time" in line and "traceparent" not in line


def test_a_librarys_log_line_looks_alike_and_carries_the_context(lines):
    with log_context(twin="pendulum"):
        logging.getLogger("some.library").warning("slow by %d ms", 7)
    (line,) = lines()
    assert (line["event"], line["twin"], line["service"]) == ("slow by 7 ms", "pendulum", "sync-engine")


def test_secrets_are_blanked_wherever_they_are(lines):
    get_logger("x").info(
        "connecting",
        url=SecretStr("hunter2"),
        Authorization="Bearer hunter2",
        storage={"secret_key": "hunter2", "nested": [{"db_password": "hunter2"}], "region": "here"},
    )
    (line,) = lines()
    assert "hunter2" not in json.dumps(line)
    assert line["storage"]["region"] == "here"


def test_an_exception_is_one_line_with_its_traceback(lines):
    try:
        raise ValueError("bad frame")
    except ValueError:
        get_logger("x").exception("stopped")
    (line,) = lines()
    assert "ValueError: bad frame" in line["exception"]


def test_lines_below_the_level_are_left_out(lines):
    get_logger("x").debug("detail")
    logging.getLogger("y").debug("detail")
    assert lines() == []
