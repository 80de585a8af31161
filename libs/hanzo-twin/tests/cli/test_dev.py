"""`hanzo-twin dev` as people use it: as a program."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def dev(tmp_path):
    """Runs `hanzo-twin dev` in a home of its own."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("HANZO_TWIN_")}
    environ["HANZO_TWIN_HOME"] = str(tmp_path / "home")

    def run(*arguments, **variables):
        program = Path(sys.executable).with_name("hanzo-twin")
        return subprocess.run(
            [program, "dev", *arguments],
            env=environ | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    yield run
    run("down")


def test_status_without_a_stack_says_how_to_start_one(dev):
    done = dev("status", "--json")
    assert done.returncode == 4
    assert "hanzo-twin dev up" in json.loads(done.stdout)["error"]["message"]


def test_down_without_a_stack_is_fine(dev):
    done = dev("down")
    assert (done.returncode, done.stderr) == (0, "nothing was running\n")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("render=2", "there is no part 'render'; there are scene-manager"),
        ("sim-worker", "say for example sim-worker=3"),
        ("sim-worker=many", "say for example sim-worker=3"),
        ("sim-worker=-1", "say for example sim-worker=3"),
        ("sim-worker=1000", "from 0 to 64"),
    ],
)
def test_a_number_of_processes_that_cannot_be_is_refused(dev, asked, said):
    done = dev("scale", asked)
    assert done.returncode == 2
    assert said in done.stderr


def test_nothing_is_scaled_where_nothing_runs(dev):
    done = dev("scale", "sim-worker=3", "--json")
    assert done.returncode == 4
    assert "hanzo-twin dev up" in json.loads(done.stdout)["error"]["message"]


def test_logs_of_an_unknown_part_are_refused(dev):
    done = dev("logs", "redis")
    assert done.returncode == 2
    assert "no part 'redis'" in done.stderr


def test_a_wrong_setting_is_refused_before_anything_starts(dev, tmp_path):
    done = dev("up", HANZO_TWIN_STREAM_BROKER="127.0.0.1:9092")
    assert done.returncode == 2
    assert "HANZO_TWIN_STREAM_BROKERS" in done.stderr
    assert not (tmp_path / "home").exists()


def test_parts_start_are_shown_and_stop(dev):
    up = dev("up", "--parts-only", "--json")
    assert up.returncode == 0, up.stderr
    told = json.loads(up.stdout)
    parts = told["parts"]
    assert (told["security_profile"], told["api"]) == ("development", None)
    assert told["issuer"] == parts["issuer"]["address"]
    assert {part["phase"] for part in parts.values()} == {"ready"}

    again = dev("up", "--parts-only")
    assert "already running" in again.stderr

    os.kill(parts["mosquitto"]["pid"], 9)
    status = dev("status")
    assert status.returncode == 1
    assert "mosquitto" in status.stdout
    assert "security profile: development (plain text, loopback only, verified tokens)" in status.stdout
    assert "hanzo-twin dev up" in status.stdout

    assert "ready to accept connections" in dev("logs", "postgres").stdout
    assert dev("down").stderr == "stopped\n"
    assert not any(Path(f"/proc/{part['pid']}").exists() for part in parts.values())
