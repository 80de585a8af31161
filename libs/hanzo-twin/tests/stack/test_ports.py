import socket

from hypothesis import given
from hypothesis import strategies as st

from hanzo_twin.stack.ports import choose, free


def test_a_taken_port_is_replaced_by_a_free_one(listener):
    taken = listener()
    assert not free(taken)
    chosen = choose({"kafka": taken}, {})["kafka"]
    assert chosen != taken
    assert free(chosen)


def test_a_port_is_free_for_those_that_share_it_and_for_nobody_else():
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as sharing:
        port = sharing.getsockname()[1]
        assert free(port, shared=True)
        assert not free(port)
    with socket.create_server(("127.0.0.1", 0)) as alone:
        assert not free(alone.getsockname()[1], shared=True)


def test_the_port_of_the_last_run_is_taken_again(listener):
    usual, last = choose({"a": 0, "b": 0}, {}).values()
    assert choose({"mqtt": usual}, {"mqtt": last}) == {"mqtt": last}


def test_the_usual_port_is_taken_when_that_of_the_last_run_is_not_free(listener):
    usual = choose({"a": 0}, {})["a"]
    assert choose({"mqtt": usual}, {"mqtt": listener()}) == {"mqtt": usual}


@given(st.dictionaries(st.text(min_size=1), st.sampled_from([0, 25_001, 25_002]), max_size=8))
def test_no_two_names_share_a_port(wanted):
    chosen = choose(wanted, dict.fromkeys(wanted, 25_001))
    assert chosen.keys() == wanted.keys()
    assert len(set(chosen.values())) == len(wanted)
