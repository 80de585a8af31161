"""What a partition keeps of twins that it doesn't hold."""

import pytest
from structlog.testing import capture_logs

from sync_engine.handlers import partition as module
from sync_engine.handlers.partition import Partition
from twin_schemas import examples
from twin_schemas.records import IncarnationRequested


def request(number: int) -> IncarnationRequested:
    full = examples.load("IncarnationRequested")["full"]
    values = {name: getattr(full, name) for name in full.__slots__}
    return IncarnationRequested(
        **values | {"twin": f"twin-{number % 100}", "request_id": f"request-{number}"}
    )


@pytest.fixture
def partition(monkeypatch) -> Partition:
    monkeypatch.setattr(module, "_MOST_REQUESTS", 3)
    return Partition(0)


def test_of_requests_for_twins_that_nobody_knows_the_newest_are_kept(partition):
    with capture_logs() as said:
        for number in (1, 2, 3, 101, 4):
            partition.keep(request(number))
    assert [each.request_id for each in partition.requests.values()] == [
        "request-3",
        "request-101",
        "request-4",
    ]
    assert [line["twin"] for line in said] == ["twin-2"]


def test_a_partition_that_is_let_go_keeps_them_as_nobody_sends_them_again(partition):
    partition.keep(request(1))
    partition.forget()
    assert list(partition.requests) == ["twin-1"]
