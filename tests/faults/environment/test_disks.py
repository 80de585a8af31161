"""Disks of a run that was killed are known from those of one that goes on."""

import os
from pathlib import Path

from faulting.environment.disks import left_over, source

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
