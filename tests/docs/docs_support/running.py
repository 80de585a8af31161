"""Shell commands of a page, run as its reader would: on the running platform, beside the examples."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from platform_support.running import Platform

from docs_support.pages import ROOT

PATIENCE_S = 150.0


def reader(folder: Path, platform: Platform) -> dict[str, str]:
    """The environment of somebody who has activated the virtual environment, for this platform."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("HANZO_TWIN_")}
    return own | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HANZO_TWIN_HOME": str(platform.stack.home.root),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "API": platform.connection.api_url,
        "BROKERS": platform.brokers,
        "MQTT": platform.connection.mqtt_url,
        # what Go fetches and builds stays in the checkout, as everything else does
        "GOMODCACHE": str(ROOT / ".stack/go/modules"),
        "GOCACHE": str(ROOT / ".stack/go/build"),
        "GOFLAGS": "-modcacherw",
    }


def run(script: str, folder: Path, environment: dict[str, str]) -> str:
    """Run it beside a copy of the examples; what it prints.

    Raises:
        AssertionError: a command failed; with all that was printed.
    """
    kept = shutil.ignore_patterns("__pycache__", "tests", "build")
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=kept)
    with (folder / "output").open("w+") as output:
        shell = subprocess.Popen(
            ["bash", "-eu", "-c", script],
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            code: int | None = shell.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)  # whatever it left in the background
            shell.wait()
        output.seek(0)
        printed = output.read()
    assert code == 0, f"exit code {code}\n{printed[-4000:]}"
    return printed
