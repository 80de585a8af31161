"""Processes are judged from their starts on, each that was ever seen; who died unasked is told."""

from soaking.lives import deaths, lives, long_lives
from soaking.mishaps import FROZEN, KILLED, Mishap
from soaking.sampling import Sample

COUNT = 60


def samples(**pids):
    """One a second; each part's pids one after the other, for equal times; 0: away. It grows by 1 MB a second."""
    made = []
    for n in range(COUNT):
        now = {part: each[n * len(each) // COUNT] for part, each in pids.items()}
        alive = {part.replace("_", "-"): pid for part, pid in now.items() if pid}
        made.append(Sample(float(n), dict.fromkeys(alive, 100.0 + n), alive, {}, 1.0, 1.0, 1, 0.0))
    return made


def killed(part, others=()):
    return Mishap(1.0, 2.0, KILLED, part, others)


def test_a_life_ends_where_another_process_takes_the_name():
    first, second = lives(samples(kafka=[1, 0, 2]))["kafka"]
    assert (first.seconds, second.seconds) == (19, 19)


def test_a_leak_shows_though_the_process_was_killed_in_the_middle():
    assert all(min(life.grown) > 0.1 for life in lives(samples(kafka=[1, 2]))["kafka"])


def test_lives_that_are_too_short_are_not_judged_but_their_part_is_told():
    assert [
        len(each) for each in long_lives(samples(kafka=[1, 1, 1, 2], archivist=[3, 4, 5, 6])).values()
    ] == [1, 0]


def test_a_part_that_vanished_is_still_among_those_judged():
    assert "archivist" in long_lives(samples(kafka=[1], archivist=[2, 2, 2, 0]))


def test_victims_of_mishaps_are_no_deaths():
    assert deaths(samples(kafka=[1, 2], archivist=[3]), [killed("kafka")]) == {}


def test_a_process_that_vanished_is_a_death():
    assert deaths(samples(kafka=[1], archivist=[2, 2, 0]), []) == {"archivist": 1}


def test_a_process_that_was_started_again_with_a_victim_is_a_death():
    assert deaths(samples(kafka=[1, 2], archivist=[3, 3, 4]), [killed("kafka")]) == {"archivist": 1}


def test_a_freeze_explains_no_death():
    assert deaths(samples(archivist=[1, 2]), [Mishap(1.0, 2.0, FROZEN, "archivist")]) == {"archivist": 1}


def test_one_that_was_found_gone_is_a_death_though_no_sample_saw_it():
    assert deaths(samples(kafka=[1, 2]), [killed("kafka", ("sim-worker-1",))]) == {"sim-worker-1": 1}


def test_a_death_is_not_counted_twice():
    assert deaths(samples(archivist=[1, 2], kafka=[3, 4]), [killed("kafka", ("archivist",))]) == {
        "archivist": 1
    }
