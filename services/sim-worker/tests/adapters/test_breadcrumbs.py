"""Processes that really die, in the ways in which they do."""

import signal
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from sim_worker.adapters.breadcrumbs import FileBreadcrumbs
from sim_worker.domain.places import record_place

PLACE = record_place(str(uuid.uuid5(uuid.NAMESPACE_DNS, "twin")), 4, 77)

VICTIM = """
import ctypes, os, signal, sys, threading, time
from pathlib import Path
from sim_worker.adapters.breadcrumbs import FileBreadcrumbs
crumbs = FileBreadcrumbs(Path(sys.argv[1]), "w1", ["fold", "build"])
crumbs.catch_crashes(1)
if sys.argv[3] == "beside":
    threading.Thread(target=lambda: (crumbs.mark("build", "scene/x"), time.sleep(60)), daemon=True).start()
    time.sleep(0.2)
    sys.argv[3] = "segv"
crumbs.mark("fold", sys.argv[2])
if sys.argv[3] == "segv":
    ctypes.string_at(0)
elif sys.argv[3] == "done":
    crumbs.clear("fold")
    ctypes.string_at(0)
elif sys.argv[3] == "hang":
    time.sleep(60)
else:
    os.kill(os.getpid(), int(sys.argv[3]))
"""


def die(folder, how):
    return subprocess.run(
        [sys.executable, "-c", VICTIM, str(folder), PLACE, how], capture_output=True
    ).returncode


def deaths(folder, instance="w1"):
    crumbs = FileBreadcrumbs(folder, instance, ["fold"])
    try:
        return crumbs.deaths(PLACE)
    finally:
        crumbs.close()


@pytest.mark.parametrize("how", ["segv", str(int(signal.SIGABRT)), "hang"])
def test_a_crash_counts_at_the_record_that_was_worked_on(tmp_path, how):
    assert die(tmp_path, how) in (-signal.SIGSEGV, -signal.SIGABRT)
    assert deaths(tmp_path) == 1


@pytest.mark.parametrize("how", [str(int(signal.SIGKILL)), str(int(signal.SIGTERM))])
def test_a_death_from_outside_counts_for_nothing(tmp_path, how):
    die(tmp_path, how)
    assert deaths(tmp_path) == 0


def test_a_crash_between_two_records_is_nobodys(tmp_path):
    die(tmp_path, "done")
    assert deaths(tmp_path) == 0


def test_what_other_threads_were_busy_with_is_not_to_blame(tmp_path):
    die(tmp_path, "beside")
    crumbs = FileBreadcrumbs(tmp_path, "w2", ["fold"])
    assert (crumbs.deaths(PLACE), crumbs.deaths("scene/x")) == (1, 0)
    crumbs.close()


def test_deaths_add_up_and_each_counts_once(tmp_path):
    die(tmp_path, "segv")
    die(tmp_path, "segv")
    assert deaths(tmp_path) == 2
    assert deaths(tmp_path) == 2


def test_other_workers_of_the_host_know_of_a_death(tmp_path):
    die(tmp_path, "segv")
    deaths(tmp_path, "w1")
    assert deaths(tmp_path, "w2") == 1


def test_a_living_worker_learns_of_anothers_crash_without_its_restart(tmp_path):
    crumbs = FileBreadcrumbs(tmp_path, "w2", ["fold"])
    assert crumbs.deaths(PLACE) == 0
    die(tmp_path, "segv")
    crumbs.look()
    crumbs.look()
    assert crumbs.deaths(PLACE) == 1
    assert deaths(tmp_path, "w1") == 1
    crumbs.close()


def test_a_living_worker_takes_anothers_end_from_outside_for_no_crash(tmp_path):
    crumbs = FileBreadcrumbs(tmp_path, "w2", ["fold"])
    die(tmp_path, str(int(signal.SIGKILL)))
    crumbs.look()
    assert crumbs.deaths(PLACE) == 0
    crumbs.close()


def test_no_count_is_lost_when_several_workers_look_at_the_same_time(tmp_path):
    count, watchers = 8, [FileBreadcrumbs(tmp_path, f"w{i}", ["fold"]) for i in range(100, 104)]
    for i in range(count):
        trail = bytes([len(PLACE)]) + bytes(8) + PLACE.encode()
        (tmp_path / f"d{i}.trail").write_bytes(trail.ljust(128, b"\0"))
        (tmp_path / f"d{i}.crash").write_text("Fatal Python error: Segmentation fault")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(FileBreadcrumbs.look, watchers))
    assert {crumbs.deaths(PLACE) for crumbs in watchers} == {count}
    for crumbs in watchers:
        crumbs.close()


def test_a_spoiled_file_of_deaths_is_no_reason_not_to_start(tmp_path):
    (tmp_path / "deaths.json").write_text("{nonsense")
    assert deaths(tmp_path) == 0
