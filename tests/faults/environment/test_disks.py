"""Disks of a run that was killed are known from those of one that goes on."""

import os
from pathlib import Path

from faulting.environment.disks import cut_short, left_over, source, tells
from faulting.logs import Log

from hanzo_twin.stack.processes import ProcessId


def mount(device, folder):
    return f"{device} {folder} tmpfs rw,relatime,size=32768k,mode=711 0 0"


def test_a_disk_whose_process_has_ended_is_left_over():
    ended = ProcessId.of(os.getpid()).started - 100
    mounts = [
        mount(source(), "/tmp/of-mine"),
        mount(f"twin-faults:{os.getpid()}:{ended}", "/tmp/of-another\\040with-my-pid"),
        mount("twin-faults", "/tmp/of-nobody"),
        mount("tmpfs", "/tmp/of-somebody-else"),
    ]
    assert left_over("\n".join(mounts)) == [Path("/tmp/of-another with-my-pid"), Path("/tmp/of-nobody")]


def test_a_file_of_which_nothing_was_written_is_told_from_a_whole_one_and_an_old_one(tmp_path):
    file = tmp_path / "mosquitto.db"
    assert not cut_short(file, 0)
    file.touch()
    written_ns = file.stat().st_mtime_ns
    assert cut_short(file, written_ns)
    assert not cut_short(file, written_ns + 1_000_000_000)
    file.write_bytes(b"whole")
    assert not cut_short(file, written_ns)


def test_a_log_complains_of_a_full_disk_from_now_on(tmp_path):
    path = tmp_path / "log"
    path.write_text("Error: No space left on device.\n")
    log = Log.now(path)
    assert not tells(log)
    path.write_text(path.read_text() * 2)
    assert tells(log)
