"""A frame works on a copy of the state; one that leaves a field out would be wrong from the next frame on."""

from dataclasses import fields

from support import fold_all

from twin_sim.fold import FoldState
from twin_sim.testing.journals import JournalBuilder


def test_a_copy_has_every_field_of_the_state() -> None:
    journal = JournalBuilder().begin()
    journal.frames(3)
    state = fold_all(journal)[0].state
    assert state is not None
    for field in fields(FoldState):
        setattr(state, field.name, object())
    copied = state.copied()
    assert [f.name for f in fields(FoldState) if getattr(copied, f.name) is not getattr(state, f.name)] == []
    assert copied is not state
