"""What becomes of a record."""

from __future__ import annotations

import pytest

from twin_common import metrics_table as m
from twin_common.bus.types import NewTopic
from twin_common.errors import Busy, Rejected, Retryable
from twin_common.runner import Message
from twin_schemas.codec import encode
from twin_schemas.records import DeleteTwin, StartTwin, StopTwin


async def test_a_record_is_handled_once_and_then_committed(bench):
    await bench.give("pendulum")
    async with bench.running(bench.runner()):
        await bench.until(lambda: bench.committed())
    assert bench.seen == [("pendulum", 1)]
    assert await bench.committed() == 1
    assert bench.metrics.value(m.HANDLED, type="StartTwin", outcome="handled") == 1
    assert bench.metrics.value(m.HANDLE_DURATION, type="StartTwin") == 1


async def test_a_repeated_record_has_no_second_effect(bench):
    sent = await bench.give("pendulum")
    await bench.give("pendulum", sent=sent)
    await bench.give("arm")
    async with bench.running(bench.runner()):
        await bench.until(lambda: len(bench.seen) == 2)
    assert bench.seen == [("pendulum", 1), ("arm", 1)]
    assert await bench.committed() == 3
    assert bench.metrics.value(m.HANDLED, type="StartTwin", outcome="repeated") == 1


async def test_a_transient_failure_is_tried_again_and_never_skipped(bench):
    async def fails_twice(record: StartTwin, message: Message) -> None:
        await bench.note(record, message)
        if message.attempt < 3:
            raise Retryable("the database is restarting")

    await bench.give("pendulum")
    await bench.give("arm")
    async with bench.running(bench.runner(fails_twice)):
        await bench.until(lambda: len(bench.seen) == 6)
    assert bench.seen == [(twin, attempt) for twin in ("pendulum", "arm") for attempt in (1, 2, 3)]
    assert bench.letters() == []


async def test_a_failing_partition_holds_up_no_other(bench):
    async def one_fails(record: StartTwin, message: Message) -> None:
        if record.twin == "stuck":
            raise Retryable("not yet")
        await bench.note(record, message)

    await bench.give("stuck", partition=0)
    await bench.give("free", partition=1)
    async with bench.running(bench.runner(one_fails)):
        await bench.until(lambda: bench.seen == [("free", 1)])
        await bench.until(lambda: bench.committed(1))
    assert await bench.committed(0) == 0


async def test_a_busy_handler_gets_the_same_record_again(bench):
    async def busy_once(record: StartTwin, message: Message) -> None:
        await bench.note(record, message)
        if message.attempt == 1:
            raise Busy("no room for another twin", retry_after_s=0.001)

    await bench.give("pendulum")
    async with bench.running(bench.runner(busy_once)):
        await bench.until(lambda: len(bench.seen) == 2)
    assert bench.metrics.value(m.HANDLED, type="StartTwin", outcome="busy") == 1


async def test_a_refused_record_becomes_a_dead_letter_with_its_origin_and_without_the_token(
    bench,
) -> None:
    async def refuse(record: StartTwin, message: Message) -> None:
        raise Rejected("twin_not_found", f"there is no twin {record.twin}")

    sent = await bench.give("ghost", partition=1)
    async with bench.running(bench.runner(refuse)):
        await bench.until(bench.letters)
        await bench.until(lambda: bench.committed(1))
    (letter,) = bench.letters()
    assert (letter.topic, letter.partition, letter.offset) == (bench.topic, 1, 0)
    assert (letter.code, letter.message) == ("twin_not_found", "there is no twin ghost")
    assert (letter.key, letter.value) == (b"k", encode(StartTwin(twin="ghost")))
    assert letter.schema_id is not None
    assert letter.headers["ce_id"] == sent.id.encode()
    assert "authorization" not in letter.headers
    assert b"secret.jwt" not in (bench.bus.records(bench.dead)[0].value or b"")


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (b"\x00\x00\x0f\xff\xff....", "unknown_schema"),
        (b"\x00\xff\xff\xff\xff....", "unknown_schema"),
        (b"not a frame at all", "corrupt_record"),
        (b"", "corrupt_record"),
        (encode(StartTwin(twin="x"))[:-1], "corrupt_record"),
        (None, "no_value"),
        (encode(DeleteTwin(twin="x")), "unexpected_type"),
    ],
)
async def test_what_cannot_be_decoded_becomes_a_dead_letter_and_the_next_record_is_handled(
    bench, value: bytes | None, code: str
) -> None:
    await bench.raw(value, bench.envelope())
    await bench.give("pendulum")
    async with bench.running(bench.runner()):
        await bench.until(lambda: bench.seen == [("pendulum", 1)])
    (letter,) = bench.letters()
    assert (letter.code, letter.value, letter.attempts) == (code, value, 1)
    assert letter.org == "local"


async def test_what_is_too_large_for_a_letter_is_named_and_the_next_record_is_handled(bench):
    async with await bench.bus.admin() as admin:
        await admin.delete_topics([bench.topic, bench.dead])
        limit = {"max.message.bytes": "2097152"}
        await admin.create_topics(
            [
                NewTopic(bench.topic, 2, {"max.message.bytes": "9000000"}),
                NewTopic(bench.dead, 1, limit),
            ]
        )
    await bench.raw(b"\0" * 3_000_000, bench.envelope())
    await bench.give("pendulum")
    async with bench.running(bench.runner()):
        await bench.until(lambda: bench.seen == [("pendulum", 1)])
    (letter,) = bench.letters()
    assert (letter.code, letter.org, letter.value) == ("unknown_schema", "local", None)
    assert (letter.topic, letter.offset) == (bench.topic, 0)
    assert "bytes are not in this letter" in letter.message


async def test_a_record_without_an_envelope_becomes_a_dead_letter_of_no_organisation(bench):
    await bench.raw(encode(StartTwin(twin="x")), None)
    async with bench.running(bench.runner()):
        await bench.until(bench.letters)
    assert (bench.letters()[0].code, bench.letters()[0].org) == ("bad_envelope", None)
    assert bench.seen == []


async def test_a_type_that_is_somebody_elses_is_passed_over(bench):
    await bench.raw(encode(StopTwin(twin="x")), bench.envelope())
    async with bench.running(bench.runner()):
        await bench.until(lambda: bench.committed())
    assert bench.letters() == []
    assert bench.metrics.value(m.HANDLED, type="StopTwin", outcome="ignored") == 1


async def test_a_group_can_leave_all_but_its_own_to_others_unreadable_records_too(bench):
    await bench.raw(b"no record", bench.envelope())
    await bench.raw(encode(StopTwin(twin="x")), bench.envelope())
    await bench.raw(encode(StartTwin(twin="x")), None)
    await bench.give("mine")
    async with bench.running(bench.runner(ignored=None)):
        await bench.until(lambda: bench.seen)
    assert (bench.seen, bench.letters()) == ([("mine", 1)], [])
    assert bench.metrics.value(m.HANDLED, type="unreadable", outcome="ignored") == 2


async def test_a_dead_letter_that_cannot_be_written_is_not_lost(bench):
    from twin_common.errors import BrokerUnreachable

    class Flaky:
        def __init__(self, bus: object) -> None:
            self._bus = bus
            self.failures = 2

        async def send(self, topic: str, **record: object) -> object:
            if self.failures:
                self.failures -= 1
                raise BrokerUnreachable("no broker")
            return await self._bus.send(topic, **record)  # type: ignore[attr-defined]

    from twin_common.clock import SystemClock
    from twin_common.runner import DeadLetterLimit, MemoryInbox, Retries
    from twin_common.runner.dead_letters import DeadLetterBox
    from twin_common.runner.delivery import Delivery
    from twin_common.runner.policy import DeadLetterMeter

    await bench.raw(b"junk", bench.envelope())
    clock = SystemClock()
    async with await bench.bus.producer() as producer:
        delivery = Delivery(
            {},
            frozenset(),
            MemoryInbox(),
            Retries(first_s=0.001),
            DeadLetterBox(Flaky(producer), bench.dead, "test", clock),  # type: ignore[arg-type]
            DeadLetterMeter(DeadLetterLimit(), clock),
            bench.metrics,
            clock,
        )
        assert await delivery.deliver(bench.bus.records(bench.topic)[0], lambda: False)
    assert len(bench.letters()) == 1
