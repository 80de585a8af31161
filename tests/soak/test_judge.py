"""A run in which something is wrong misses a claim, and a good one none."""

from dataclasses import replace

import pytest
from soaking.judge import claims, explained_s
from soaking.mishaps import DECK, RECOVERY_S, Mishap
from soaking.run import Run
from soaking.sampling import Sample

from twin_schemas import examples
from twin_schemas.records import (
    Epoch,
    ObservationFrame,
    Quality,
    Reading,
    SourcesAcquired,
    TimeDiscontinuity,
)

SECONDS, RATE_HZ = 60, 30
EPOCH = Epoch(1, "a")
READING = Reading(0, [1.0], 0, Quality.GOOD)
SPEC = examples.load("TwinSpec")["full"]
GENESIS = replace(examples.load("TwinGenesis")["full"], epoch=EPOCH, incarnation=1)


def well(part="fleet"):
    """A minute of two twins; nothing is wrong."""
    run = Run(part, [replace(SPEC, twin=twin) for twin in ("one", "two")], float(SECONDS))
    run.books.span.since_ms, run.books.span.until_ms = 0, 1000 * SECONDS
    mb = {"kafka": 400.0, "sim-worker-0": 150.0}
    for n in range(SECONDS):
        run.samples.append(
            Sample(n + 1.0, dict(mb), dict.fromkeys(mb, 7), {"journal": 20.0}, 5.0, 9.0, 60, 2.0 / 10)
        )
    if part == "fleet":
        run.happened = [Mishap(1.0, 2.0, *card) for card in DECK if card[1] not in mb]
        run.happened += [Mishap(1.0, 2.0, *card) for card in DECK if card[1] in mb]
        for each in run.samples[1:]:
            each.pids.update(dict.fromkeys(mb, 8))
    for twin, account in run.books.accounts.items():
        account.journal(0, SourcesAcquired(EPOCH, -1, 0, 0), 0)
        account.journal(1, GENESIS, 0)
        write(run, twin, 0, SECONDS)
    return run


def write(run, twin, since_s, until_s, readings=(READING,)):
    """Frames and their predictions."""
    account = run.books.accounts[twin]
    for tick in range(since_s * RATE_HZ, until_s * RATE_HZ):
        at_ms = 1000 * tick // RATE_HZ
        account.journal(2 + tick, ObservationFrame(EPOCH, tick, list(readings), -1), at_ms)
        account.predicted(2 + tick, at_ms)
        run.listener.heard[twin] += 1


def missed(run):
    return {each.name.partition(": ")[2] for each in claims(run) if not each.ok}


def again(run, twin, until_s):
    """Forget a twin's frames, but those of the first seconds."""
    run.books.accounts[twin] = type(run.books.accounts[twin])(run.books.span)
    run.listener.heard[twin] = 0
    account = run.books.accounts[twin]
    account.journal(0, SourcesAcquired(EPOCH, -1, 0, 0), 0)
    account.journal(1, GENESIS, 0)
    write(run, twin, 0, until_s)


@pytest.mark.parametrize("part", ["day", "fleet"])
def test_a_good_run_misses_nothing(part):
    assert missed(well(part)) == set()


@pytest.mark.parametrize("part", ["day", "fleet"])
def test_plants_that_died_are_caught_though_silence_makes_frames(part):
    run = well(part)
    for twin in run.books.accounts:
        again(run, twin, 0)
        write(run, twin, 0, SECONDS, readings=())
    assert {
        "messages in frames of those due, least of a twin",
        "end without readings of the first twin to fall silent, s",
    } <= missed(run)


def test_a_plant_that_paused_for_longer_than_mishaps_explain_is_caught():
    run = well()
    run.happened = [
        each for each in run.happened if each.part not in ("kafka", "sync-engine", "sync-engine-1")
    ]
    again(run, "two", 30)
    write(run, "two", 30, 40, readings=())
    write(run, "two", 40, SECONDS)
    assert "time with no readings for longer than a second, most of a twin, s" in missed(run)


def test_a_twin_whose_ticks_were_not_written_for_longer_than_mishaps_explain_is_caught():
    run = well()
    run.happened = [
        each for each in run.happened if each.part not in ("kafka", "sync-engine", "sync-engine-1")
    ]
    again(run, "two", 30)
    first, last = 30 * RATE_HZ, 35 * RATE_HZ
    run.books.accounts["two"].journal(2 + first, TimeDiscontinuity(EPOCH, first, last - 1, "away"), 35_000)
    write(run, "two", 35, SECONDS)
    assert "time with no frames, most of a twin, s" in missed(run)


def test_a_twin_that_was_parked_near_the_end_is_caught():
    run = well()
    again(run, "two", SECONDS - 10)
    assert {
        "end without readings of the first twin to fall silent, s",
        "end without predictions of the first twin to fall silent, s",
        "ticks of those due, least of a twin",
        "messages in frames of those due, least of a twin",
    } <= missed(run)


def test_one_twin_that_is_hardly_public_is_caught_beside_others():
    run = well()
    run.listener.heard["two"] -= 100
    assert missed(run) == {"public predictions of frames, least of a twin"}


def sampled(run, since_s, **changed):
    run.samples = [replace(each, **changed) if each.at_s > since_s else each for each in run.samples]


def test_a_checkpoint_that_grows_old_at_the_end_is_caught():
    run = well()
    sampled(run, SECONDS - 2, checkpoint_age_s=20.0)
    assert missed(run) == {"oldest newest checkpoint of all, s"}


def test_a_jump_in_the_last_fifth_is_caught():
    run = well()
    sampled(run, SECONDS - 12, p99_ms=14.0, topics_mb={"journal": 24.0})
    assert missed(run) == {f"rise at the end of {what}" for what in ("p99, ms", "topics, MB", "journal, MB")}


def test_a_process_that_vanished_is_caught():
    run = well()
    sampled(run, SECONDS - 2, memory_mb={"kafka": 400.0}, pids={"kafka": 8})
    run.happened = [each for each in run.happened if each.part != "sim-worker-0"]
    assert "processes that died unasked" in missed(run)


def test_a_part_that_is_away_at_the_end_is_caught():
    run = well()
    run.absent = ["sim-worker-1"]
    assert missed(run) == {"parts that don't run at the end"}


def test_a_part_that_never_lived_long_is_not_passed_over():
    run = well()
    for number, each in enumerate(run.samples):
        each.pids["kafka"] = number
    assert "parts that never lived long enough to be judged" in missed(run)


def test_a_leak_between_kills_is_caught():
    run = well()
    for number, each in enumerate(run.samples):
        each.memory_mb["kafka"] = 400.0 + 3 * (number % 30)
        each.pids["kafka"] = 7 + number // 30
    assert "growth of memory of kafka, MB" in missed(run)


def test_mishaps_that_had_no_turn_are_told():
    run = well()
    run.happened = run.happened[1:]
    assert missed(run) == {"kinds of mishap that had no turn"}


def test_a_fleet_without_any_mishap_does_not_pass():
    run = well()
    run.happened = []
    assert "kinds of mishap that had no turn" in missed(run)


def test_an_engine_that_was_away_for_long_explains_no_more_than_its_take_overs():
    run = well()
    run.happened = [Mishap(10.0, 50.0, "killed", "sync-engine")]
    assert explained_s(run, ("sync-engine",)) == 2 * RECOVERY_S
    run.happened = [Mishap(10.0, 13.0, "killed", "kafka")]
    assert explained_s(run, ("kafka",)) == 3 + RECOVERY_S
