"""The process: load settings, serve until told to stop."""

from __future__ import annotations

import sys

from scene_manager.bootstrap import serve
from twin_common.service import run_service


def main() -> None:
    """Run the scene manager; the exit code says why it ended."""
    sys.exit(run_service(serve, service="scene-manager"))
