"""Finding and listing by name."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from api_gateway.domain.paging import after_cursor, cursor_after
from api_gateway.domain.shelf import Shelf


@dataclass(frozen=True)
class Thing:
    id: str
    name: str
    created_ns: int = 0


IDS = st.sampled_from("12345")
NAMES = st.sampled_from("abcde")
STEPS = st.lists(
    st.one_of(st.tuples(st.just("put"), IDS, NAMES), st.tuples(st.just("drop"), IDS, st.just("")))
)


@given(STEPS, st.none() | NAMES)
def test_it_lists_what_was_put_and_not_dropped_in_the_order_of_names(steps, after):
    shelf, truth = Shelf(), {}
    for step, thing_id, name in steps:
        if step == "drop":
            shelf.drop(thing_id)
            truth.pop(thing_id, None)
        elif all(known != name or other == thing_id for other, known in truth.items()):  # names are unique
            shelf.put("acme", Thing(thing_id, name))
            truth[thing_id] = name
    listed = [thing.name for thing in shelf.after("acme", after)]
    assert listed == sorted(name for name in truth.values() if after is None or name > after)
    for thing_id, name in truth.items():
        assert {shelf.find("acme", name), shelf.find("acme", thing_id)} == {Thing(thing_id, name)}
        assert shelf.by_id(thing_id) == Thing(thing_id, name)
        assert shelf.find("rival", name) is None is shelf.find("rival", thing_id)


@given(st.permutations(["put1", "put2", "put3", "drop1", "drop3", "again1"]))
def test_a_name_is_the_newest_holders_whatever_order_partitions_are_read_in(steps):
    """Records of one id stay in order; those of different ids come in any."""
    shelf, there = Shelf(), {}
    own = {number: [step for step in ("put", "again", "drop") if step + number in steps] for number in "123"}
    for number in (step[-1] for step in steps):
        step = own[number].pop(0)
        thing = Thing(number, "arm", created_ns={"1": 10, "2": 20, "3": 15}[number])
        if step == "drop":
            shelf.drop(number)
            del there[number]
        else:
            shelf.put("acme", thing)
            there[number] = thing
        newest = max(there.values(), key=lambda thing: thing.created_ns, default=None)
        assert shelf.find("acme", "arm") == newest
        assert list(shelf.after("acme", None)) == ([] if newest is None else [newest])
    assert there == {"2": Thing("2", "arm", 20)}


def test_a_name_that_another_has_taken_over_stays_when_the_first_goes():
    shelf = Shelf()
    shelf.put("acme", Thing("1", "arm"))
    shelf.put("acme", Thing("2", "arm"))
    shelf.drop("1")
    assert shelf.find("acme", "arm") == Thing("2", "arm")
    assert [thing.id for thing in shelf.after("acme", None)] == ["2"]


@given(st.text(min_size=1).filter(lambda text: text.encode("utf-8", "ignore").decode() == text))
def test_a_cursor_leads_back_to_its_name(name):
    assert after_cursor(cursor_after(name)) == name
