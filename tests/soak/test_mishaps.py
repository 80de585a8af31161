"""Everything has its turn within half an hour, and nothing a second one before."""

import itertools
import random

from soaking.mishaps import APART_S, CALM_S, DECK, FROZEN, KILLED, Mishap, moments, shuffled, untouched

from hanzo_twin.stack.plan import PARTS
from hanzo_twin.stack.services import usual

HALF_AN_HOUR_S = 1800.0


def test_the_deck_kills_every_part_and_every_service_and_freezes_every_service():
    named = {(kind, part.rstrip("-01")) for kind, part in DECK}
    assert named == {(KILLED, part) for part in (*PARTS, *usual())} | {(FROZEN, part) for part in usual()}


def test_each_card_comes_once_before_any_comes_again():
    drawn = list(itertools.islice(shuffled(random.Random(5)), 2 * len(DECK)))
    halves = drawn[: len(DECK)], drawn[len(DECK) :]
    assert [sorted(half) for half in halves] == [sorted(DECK)] * 2
    assert halves[0] != halves[1]


def test_half_an_hour_has_room_for_all_of_them_and_ends_in_peace():
    at = moments(HALF_AN_HOUR_S, random.Random(5))
    assert len(at) > len(DECK)
    assert at[-1] < HALF_AN_HOUR_S - CALM_S


def test_in_a_short_run_there_are_fewer_not_closer_ones():
    assert len(moments(CALM_S + 2.5 * APART_S, random.Random(5))) == 2


def test_what_had_no_turn_is_told():
    happened = [Mishap(0.0, 1.0, kind, part) for kind, part in DECK if part != "kafka"]
    assert untouched(happened) == [(KILLED, "kafka")]
