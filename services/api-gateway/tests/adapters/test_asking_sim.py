"""A command to a running twin that is asked for once more, as the gateway that had it is gone."""

import uuid
from dataclasses import replace

import pytest

from api_gateway.adapters.asking_sim import SimOutcomes
from api_gateway.adapters.ledger import Ledger
from api_gateway.domain.question import Question
from twin_common.bus.envelope import Envelope
from twin_common.bus.memory import MemoryBus
from twin_common.bus.types import Record
from twin_common.clock import SystemClock
from twin_common.ids import uuid7
from twin_schemas import codec, examples

COMMAND = str(uuid.uuid4())
EXAMPLES = {name: examples.load(name)["full"] for name in ("CommandApplied", "CommandRefused")}
TWIN = EXAMPLES["CommandApplied"].twin


def heard(record, org="acme"):
    """Outcomes that have heard this of the command."""
    outcomes = SimOutcomes(MemoryBus(), "hanzo.twin", SystemClock(), Ledger())
    outcomes.follower.begun.set()
    record = replace(record, twin=TWIN, command_id=COMMAND)
    headers = Envelope(
        uuid7(), type(record).__name__, "sim-worker", 1, org, "r", causation_id=COMMAND
    ).headers()
    outcomes.apply(Record("hanzo.twin.control.events", 0, 0, b"k", codec.encode(record), tuple(headers), 0))
    return outcomes


def asked(twin=TWIN):
    return Question(COMMAND, "another request", "acme", "tester", twin=twin)


async def test_what_was_applied_is_known_at_once():
    with heard(EXAMPLES["CommandApplied"]).expecting(asked()) as outcome:
        assert outcome.result().command_id == COMMAND


@pytest.mark.parametrize(
    ("outcomes", "question"),
    [
        (heard(EXAMPLES["CommandRefused"]), asked()),  # it may be taken this time
        (heard(EXAMPLES["CommandApplied"], org="rival"), asked()),
        (heard(EXAMPLES["CommandApplied"]), asked(twin=str(uuid.uuid4()))),
    ],
    ids=["refused", "another organisation's", "another twin's"],
)
async def test_anything_else_is_waited_for(outcomes, question):
    with outcomes.expecting(question) as outcome:
        assert not outcome.done()
