"""The commands' book finds what was lost and what took effect twice."""

from faulting.asking import Asked, Told
from faulting.books.commands import CommandBook


def asked(kind="SetJointCommand", told=Told.ACCEPTED, code=""):
    return Asked("request", kind, "twin", 0, 1, told, code)


def settled(request, *, answers=("applied: 1/7",), sequenced=None, revisions=None, noted=(), ids=("c",)):
    book = CommandBook()
    for each in ids:
        book.asked("request", each, request.kind)
        for answer in answers:
            book.answered(each, answer)
    book.settle([request], sequenced or {}, revisions or {}, frozenset(noted))
    return len(book.lost), len(book.doubled)


def test_an_accepted_command_in_the_journal_once_is_in_order():
    assert settled(asked(), sequenced={"c": [(1, 7)]}) == (0, 0)


def test_an_accepted_command_that_is_in_no_journal_is_lost():
    assert settled(asked()) == (1, 0)


def test_a_command_in_the_journal_twice_is_doubled():
    assert settled(asked(), sequenced={"c": [(1, 7), (1, 9)]}) == (0, 1)


def test_a_command_that_was_applied_at_two_places_is_doubled():
    assert settled(asked(), answers=("applied: 1/7", "applied: 1/9"), sequenced={"c": [(1, 7)]}) == (0, 1)


def test_a_change_without_a_revision_or_a_note_is_lost():
    change = asked("StartTwin")
    assert settled(change, answers=("accepted as version 2",), revisions={"c": 1}, noted=["c"]) == (0, 0)
    assert settled(change, answers=("accepted as version 2",), noted=["c"]) == (1, 0)
    assert settled(change, answers=("accepted as version 2",), revisions={"c": 1}) == (1, 0)


def test_a_change_that_made_two_revisions_is_doubled():
    assert settled(asked("StopTwin"), answers=("a",), revisions={"c": 2}, noted=["c"]) == (0, 1)


def test_a_change_that_was_accepted_and_refused_is_doubled():
    answers = ("accepted as version 2", "refused: already_running")
    assert settled(asked("StartTwin"), answers=answers, revisions={"c": 1}, noted=["c"]) == (0, 1)


def test_a_refused_command_that_took_effect_all_the_same_is_doubled():
    refused = asked(told=Told.REFUSED, code="not_running")
    assert settled(refused, answers=("refused: not_running",)) == (0, 0)
    assert settled(refused, answers=("refused: not_running",), sequenced={"c": [(1, 7)]}) == (0, 1)


def refused_by_the_fold(*sequenced, answers=()):
    book = CommandBook()
    book.asked("request", "c", "SetJointCommand")
    for answer in answers:
        book.answered("c", answer)
    book.answered("c", "refused at (1, 7): not_running", without=(1, 7))
    refused = asked(told=Told.REFUSED, code="not_running")
    book.settle([refused], {"c": sequenced}, {}, frozenset())
    return len(book.lost), len(book.doubled)


def test_a_command_in_the_journal_that_the_fold_refused_had_no_effect():
    assert refused_by_the_fold((1, 7)) == (0, 0)


def test_a_command_that_the_fold_refused_when_its_time_had_come_had_no_effect():
    assert refused_by_the_fold((1, 5)) == (0, 0)


def test_a_command_that_the_fold_refused_and_did_all_the_same_is_doubled():
    assert refused_by_the_fold((1, 7), answers=("applied: 1/9",))[1] > 0
    assert refused_by_the_fold((1, 9))[1] > 0
    assert refused_by_the_fold((2, 5))[1] > 0


def test_a_command_that_the_broker_took_and_nobody_answered_is_lost():
    lost, doubled = settled(asked(told=Told.UNKNOWN, code="pending"), answers=())
    assert (lost > 0, doubled) == (True, 0)


def test_an_answer_that_is_read_before_its_command_counts():
    book = CommandBook()
    book.answered("rate", "applied: tick 7")
    book.settle([], {}, {}, frozenset())
    book.asked("worker", "rate", "SetRate")
    book.settle([], {}, {}, frozenset())
    assert book.lost == []


def comes_again(*effects, answer="applied: 1/7"):
    book = CommandBook()
    book.asked("request", "c", "SetJointCommand")
    book.answered("c", "applied: 1/7")
    book.settle([asked()], {"c": [(1, 7)]}, {}, frozenset())
    book.asked("request", "c", "SetJointCommand")
    book.answered("c", answer)
    book.settle([], {"c": list(effects)} if effects else {}, {}, frozenset())
    return len(book.lost), len(book.doubled)


def test_a_command_that_comes_again_after_its_account_was_settled_needs_no_second_answer():
    assert comes_again() == (0, 0)


def test_a_command_that_acts_again_after_its_account_was_settled_is_doubled():
    assert comes_again((1, 70)) == (0, 1)
    assert comes_again(answer="applied: 1/70") == (0, 1)


def test_a_request_that_never_became_a_command_is_neither():
    assert settled(asked(told=Told.UNKNOWN, code="unavailable"), answers=(), ids=()) == (0, 0)


def test_a_request_that_was_taken_and_never_became_a_command_is_lost():
    assert settled(asked(told=Told.UNKNOWN, code="pending"), answers=(), ids=()) == (1, 0)


def test_a_request_that_became_two_commands_is_doubled():
    assert settled(asked(), ids=("c", "d"), sequenced={"c": [(1, 7)]}) == (0, 1)
