import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim_worker.domain.slots import CheckpointKey, SlotTurn, arrange
from twin_schemas.records import CheckpointTaken


def taken(offset, slot=0, incarnation=1, digest="d"):
    return CheckpointTaken("local", "t", incarnation, slot, offset, 0, digest)


def test_checkpoints_take_turns_between_two_slots():
    turn = SlotTurn()
    seen = []
    for _ in range(4):
        slot = turn.next(1)
        turn.wrote(1, slot)
        seen.append(slot)
    assert seen == [0, 1, 0, 1]


def test_a_failed_write_tries_the_same_slot_again():
    turn = SlotTurn(taken(5, slot=1))
    assert turn.next(1) == turn.next(1) == 0


def test_the_slot_of_the_newest_is_never_overwritten_next():
    assert SlotTurn(taken(5, slot=0)).next(1) == 1


def test_a_new_incarnation_begins_with_slot_0():
    assert SlotTurn(taken(5, slot=0)).next(2) == 0


def test_a_late_checkpoint_of_a_paused_worker_is_an_old_one():
    newest, late = taken(90, slot=1), taken(40, slot=0)
    held = [(CheckpointKey("t", 1, 1), newest), (CheckpointKey("t", 1, 0), late)]
    assert arrange(held)["t"].newest == (newest, late)


def test_a_higher_incarnation_is_newer_whatever_its_offset():
    old, new = taken(90), taken(50, incarnation=2)
    found = arrange([(CheckpointKey("t", 2, 0), new), (CheckpointKey("t", 1, 0), old)])
    assert found["t"].newest[0] is new


def test_between_equals_the_one_written_last_is_newer():
    first, second = taken(7, digest="a"), taken(7, slot=1, digest="b")
    found = arrange([(CheckpointKey("t", 1, 0), first), (CheckpointKey("t", 1, 1), second)])
    assert found["t"].newest[0] is second


def test_what_cannot_be_read_still_occupies_its_key():
    key = CheckpointKey("t", 1, 0)
    assert arrange([(key, None)])["t"].keys == {key}


@given(st.uuids(), st.integers(0, 2**31 - 1), st.integers(0, 1))
def test_a_key_survives_its_bytes(twin, incarnation, slot):
    key = CheckpointKey(str(twin), incarnation, slot)
    assert CheckpointKey.decode(key.encode()) == key


@pytest.mark.parametrize("key", [b"", b"t", b"t/1", b"t/x/0", b"\xff/1/0", b"a/1/0/2"])
def test_other_keys_are_no_checkpoints(key):
    with pytest.raises(ValueError):
        CheckpointKey.decode(key)
