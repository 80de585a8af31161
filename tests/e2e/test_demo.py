"""The demo as a user runs it: its own stack, a crash in the middle, and nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

PROGRAM = str(Path(sys.executable).with_name("hanzo-twin"))


def environment(folder: Path) -> dict[str, str]:
    """The user's, with temporary files in a folder of this test: so its processes are known by it."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("HANZO_TWIN_")}
    return own | {"TMPDIR": str(folder)}


def processes_of(folder: Path) -> list[str]:
    """Command lines of every process that was started with this folder for its temporary files."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("TMPDIR") == str(folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def told_by(folder: Path, *options: str) -> dict[str, Any]:
    """What the demo tells at its end; it has found nothing wrong, and left nothing behind."""
    command = [PROGRAM, "demo", "--seconds", "16", "--json", *options]
    done = subprocess.run(command, env=environment(folder), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert (told["lost"], told["unpublished"]) == (0, 0)
    assert told["ticks"] == told["predictions"] > 0
    assert told["recovery_s"] is not None
    assert processes_of(folder) == []
    assert list(folder.iterdir()) == []
    return told


@pytest.mark.timeout(240)
def test_a_killed_worker_costs_a_rest_client_no_prediction_and_a_command_is_obeyed(tmp_path: Path) -> None:
    told = told_by(tmp_path)
    assert set(told["innovation_rms"]) == {
        f"/World/Arm/{joint}.{kind}" for joint in ("shoulder", "elbow") for kind in ("position", "velocity")
    }
    assert told["missed"] == 0
    assert told["received"] >= told["predictions"]
    assert told["command"]["status"] == "applied"


@pytest.mark.timeout(240)
def test_a_killed_worker_costs_no_frame_over_the_bus_alone(tmp_path: Path) -> None:
    told = told_by(tmp_path, "--fold")
    assert set(told["innovation_rms"]) == {
        "/World/Pendulum/hinge.position",
        "/World/Pendulum/hinge.velocity",
    }


@pytest.mark.timeout(240)
def test_ctrl_c_leaves_nothing_running(tmp_path: Path) -> None:
    demo = subprocess.Popen(
        [PROGRAM, "demo"], env=environment(tmp_path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while not any("kafka" in line for line in processes_of(tmp_path)):
        assert demo.poll() is None
        time.sleep(0.2)
    demo.send_signal(signal.SIGINT)
    assert demo.wait(60) == 130
    assert processes_of(tmp_path) == []
    assert list(tmp_path.iterdir()) == []
