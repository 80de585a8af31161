"""What the setup says of Debian packages, with an apt-get that installs nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"
PACKAGES = "make command:make\nmosquitto command:no-such-broker\nprometheus command:no-such-watcher dev\n"


@pytest.fixture
def setup(tmp_path: Path):
    shutil.copy(DEPLOY / "debian-packages.sh", tmp_path)
    (tmp_path / "debian-packages.txt").write_text(PACKAGES)
    programs = tmp_path / "programs"
    programs.mkdir()

    def run(*arguments: str, user: int = 0) -> subprocess.CompletedProcess[str]:
        for name, says in {"id": f"echo {user}", "apt-get": "echo ran $1", "systemctl": "exit 1"}.items():
            (programs / name).write_text(f"#!/bin/sh\n{says}\n")
            (programs / name).chmod(0o755)
        return subprocess.run(
            ["sh", tmp_path / "debian-packages.sh", *arguments],
            env={"PATH": f"{programs}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_services_that_debian_starts_by_itself_are_named_once_installed(setup):
    done = setup("dev")
    assert done.returncode == 0, done.stderr
    assert "Debian packages: mosquitto prometheus\n" in done.stdout
    assert done.stdout.endswith("systemctl disable --now mosquitto prometheus\n")


def test_only_what_is_missing_is_named(setup):
    assert "prometheus" not in setup().stdout


def test_whoever_is_not_root_is_told_what_to_run(setup):
    done = setup(user=1000)
    assert done.returncode == 1
    assert "apt-get install -y" in done.stderr
    assert done.stderr.endswith("sudo systemctl disable --now mosquitto\n")
