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


def environment(folder: Path) -> dict[str, str]:
    """The environment of somebody who has activated the virtual environment; their own files are in a folder."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("HANZO_TWIN_")}
    return own | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "XDG_CONFIG_HOME": str(folder / "config"),
        # what Go fetches and builds stays in the checkout, as everything else does
        "GOMODCACHE": str(ROOT / ".stack/go/modules"),
        "GOCACHE": str(ROOT / ".stack/go/build"),
        "GOFLAGS": "-modcacherw",
    }


def reader(folder: Path, platform: Platform) -> dict[str, str]:
    """The same for somebody who uses the running platform."""
    return environment(folder) | {
        "HANZO_TWIN_HOME": str(platform.stack.home.root),
        "API": platform.connection.api_url,
        "BROKERS": platform.brokers,
    }


def run(script: str, folder: Path, variables: dict[str, str], *, patience_s: float = 150.0) -> str:
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
            env=variables,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            code: int | None = shell.wait(patience_s)
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
