"""A scene manager that can't start says why, in one line, and with an exit code that means it."""

from __future__ import annotations

import pytest

BROKER, DATABASE, KEY = "STREAM_BROKERS", "DATABASE_URL", "SCENE_MANAGER_COLOUR"


@pytest.mark.parametrize(
    ("variable", "value", "code", "says"),
    [
        (BROKER, "127.0.0.1:1", 69, "127.0.0.1:1"),
        (DATABASE, "postgresql://hanzo:secret-word@127.0.0.1:1/none", 69, "database.url"),
        (KEY, "red", 78, "HANZO_TWIN_SCENE_MANAGER_COLOUR"),
    ],
)
def test_what_is_missing_is_named(processes, variable: str, value: str, code: int, says: str) -> None:
    processes.environment[f"HANZO_TWIN_{variable}"] = value
    processes.start("m1")
    assert processes.running.pop("m1").wait(60) == code
    assert says in processes.log("m1")
    assert "secret-word" not in processes.log("m1")


def test_unusable_topics_and_tables_are_not_created_on_the_way(processes, database) -> None:
    """The broker creates topics on one command only, so a prefix without topics is an error."""
    processes.environment["HANZO_TWIN_STREAM_TOPIC_PREFIX"] = "no.such"
    processes.start("m1")
    assert processes.running.pop("m1").wait(60) != 0
    assert "no.such" in processes.log("m1")
