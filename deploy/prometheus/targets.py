"""Prints what Prometheus is to scrape of the local stack: python deploy/prometheus/targets.py > targets.json"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from hanzo_twin.stack.home import find_home
from hanzo_twin.stack.services import SERVICES
from hanzo_twin.stack.state import StackState, read_state


def targets(state: StackState) -> list[dict[str, Any]]:
    """A target for each metrics port, with the service's name as a label."""
    found: list[dict[str, Any]] = []
    for part in state.parts:
        ports = [port for purpose, port in part.ports.items() if purpose.startswith("metrics")]
        names = [service.name for service in SERVICES if part.name.startswith(service.name)]
        if part.service and ports and names:
            found.append(
                {"targets": [f"127.0.0.1:{port}" for port in ports], "labels": {"service": names[0]}}
            )
    return found


def main(home: Path | None = None) -> None:
    """Print them as JSON."""
    state = read_state(find_home(home))
    if state is None or not state.running():
        sys.exit("targets: no stack runs here; start it with: hanzo-twin dev up")
    sys.stdout.write(json.dumps(targets(state), indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
