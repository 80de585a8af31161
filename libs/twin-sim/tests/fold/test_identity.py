"""Everything derived names the journal record that led to it (journal rules 5 and 7)."""

from dataclasses import replace

from support import fold_all, predictions

from twin_schemas.records import (
    CommandApplied,
    CommandRefused,
    JointCommand,
    ObservationFrame,
    PendingCommand,
)
from twin_sim.fold.events import CommandEvent, InputEvent, Interval, due
from twin_sim.testing.journals import JournalBuilder, S, reading


def busy() -> JournalBuilder:
    journal = JournalBuilder().begin()
    journal.frame()
    journal.push(1.0)
    journal.push(2.0, at=journal.time(3), command="later")
    journal.push(2.0, joint="/Nowhere", command="never")
    journal.frames(5)
    return journal


def test_a_prediction_names_its_frame() -> None:
    journal = busy()
    _, emitted = fold_all(journal)
    frames = [offset for offset, record in journal if isinstance(record, ObservationFrame)]
    assert [said.offset for said in predictions(emitted)] == frames


def test_a_report_names_the_frame_in_which_the_command_acted() -> None:
    journal = busy()
    _, emitted = fold_all(journal)
    by_tick = {record.tick: offset for offset, record in journal if isinstance(record, ObservationFrame)}
    applied = [said for said in emitted if isinstance(said, CommandApplied)]
    assert [said.tick for said in applied] == [1, 4]
    assert all(said.offset == by_tick[said.tick] for said in applied)


def test_a_refusal_names_the_command_that_it_refuses() -> None:
    journal = busy()
    _, emitted = fold_all(journal)
    (refused,) = [said for said in emitted if isinstance(said, CommandRefused)]
    record = journal.records[refused.offset]
    assert isinstance(record, JointCommand)
    assert record.command_id == refused.command_id == "never"


def test_a_record_that_is_read_again_leads_to_nothing() -> None:
    journal = busy()
    fold, _ = fold_all(journal)
    before = fold.digest()
    assert [said for offset, record in journal for said in fold.take(offset, record)] == []
    assert fold.digest() == before


def test_a_command_that_a_frame_calls_sequenced_is_not_taken_again() -> None:
    journal = JournalBuilder().begin()
    journal.commands_offset = 7
    journal.frame()
    journal.commands_offset = 4
    journal.push(1.0)
    journal.commands_offset = 7
    journal.frames(2)
    _, emitted = fold_all(journal)
    assert not any(isinstance(said, CommandApplied) for said in emitted)


def test_commands_that_did_not_come_through_the_topic_are_all_taken() -> None:
    journal = JournalBuilder().begin()
    for command in ("one", "two"):
        journal.push(1.0, command=command)
        record = journal.records[-1]
        assert isinstance(record, JointCommand)
        journal.records[-1] = replace(record, commands_offset=-1)
    journal.commands_offset = -1
    journal.frame()
    _, emitted = fold_all(journal)
    assert [said.command_id for said in emitted if isinstance(said, CommandApplied)] == ["one", "two"]


def test_what_acts_is_sorted_by_step_and_inputs_come_before_commands() -> None:
    builder = JournalBuilder()
    builder.push(1.0, at=500)
    builder.push(2.0, at=100)
    pending = [PendingCommand(i, r) for i, r in enumerate(builder.records) if isinstance(r, JointCommand)]
    interval = Interval(0, 1000, 10, 0.1, 1)
    events = due(interval, [reading(2, 900, 3.0), reading(2, 500, 4.0), reading(2, S, 5.0)], pending)
    assert [(event.step, type(event)) for event in events] == [
        (1, CommandEvent),
        (5, InputEvent),
        (5, CommandEvent),
        (9, InputEvent),
    ]
