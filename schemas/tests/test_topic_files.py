"""A topic file says everything that is needed, and nothing unknown."""

import json

import pytest

from twin_schemas import topics
from twin_schemas.errors import InvalidTopic

GOOD = {
    "description": "Test.",
    "owner": "sync-engine",
    "key": "twin id",
    "partitions": 12,
    "retention": {"days": 7, "bytes": "8GiB"},
    "producers": ["sync-engine"],
    "consumers": ["sim-worker"],
    "types": ["Frame"],
}


def parsed(**changes):
    return topics.parse("sim.journal", json.dumps({**GOOD, **changes})).spec


def test_days_and_bytes_become_broker_settings():
    config = parsed().config()
    assert config["cleanup.policy"] == "delete"
    assert config["retention.ms"] == str(7 * 86_400_000)
    assert config["retention.bytes"] == str(8 << 30)


def test_retention_looks_at_the_time_of_appending():
    assert parsed().config()["message.timestamp.type"] == "LogAppendTime"


def test_a_compacted_topic_has_no_retention_settings():
    spec = parsed(retention="compacted", segment_bytes="16MiB")
    config = spec.config()
    assert spec.compacted
    assert config["cleanup.policy"] == "compact"
    assert config["segment.bytes"] == str(16 << 20)
    assert not any(key.startswith("retention") for key in config)


@pytest.mark.parametrize(
    ("retention", "text"),
    [
        ({"days": 7, "bytes": "8GiB"}, "7 d / 8 GiB a partition"),
        ({"hours": 1}, "1 h"),
        ({"hours": 48}, "2 d"),
        ("compacted", "compacted"),
    ],
)
def test_how_long_records_are_kept_can_be_read(retention, text):
    assert parsed(retention=retention).kept_text == text


@pytest.mark.parametrize("key", sorted(GOOD))
def test_a_missing_key_is_named(key):
    content = {name: value for name, value in GOOD.items() if name != key}
    with pytest.raises(InvalidTopic, match=rf"topics/sim\.journal\.yaml: {key} is missing"):
        topics.parse("sim.journal", json.dumps(content))


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"partitions": 0}, "partitions"),
        ({"partitions": True}, "partitions"),
        ({"partitions": "12"}, "partitions"),
        ({"retention": {"days": 1, "hours": 1}}, "retention"),
        ({"retention": {"weeks": 1}}, "retention"),
        ({"retention": {"days": 1, "bytes": 5}}, "retention"),
        ({"retention": "forever"}, "retention"),
        ({"segment_bytes": "16 MB"}, "segment_bytes"),
        ({"producers": "sync-engine"}, "producers"),
        ({"types": ["Frame", "Frame"]}, "types"),
        ({"owner": 3}, "owner"),
        ({"retenton": "compacted"}, "retenton"),
    ],
)
def test_a_wrong_or_unknown_key_is_named(changes, key):
    with pytest.raises(InvalidTopic, match=rf"topics/sim\.journal\.yaml: .*{key}"):
        parsed(**changes)


@pytest.mark.parametrize("text", ["- a\n", "a: [", ""])
def test_a_file_that_is_no_mapping_is_refused(text):
    with pytest.raises(InvalidTopic, match=r"sim\.journal"):
        topics.parse("sim.journal", text)
