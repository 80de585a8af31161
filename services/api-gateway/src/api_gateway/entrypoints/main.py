"""`api-gateway`: load the settings, serve until told to stop."""

from __future__ import annotations

import sys

from api_gateway.bootstrap.process import serve
from twin_common.service import run_service


def main() -> None:
    """Run the gateway; the exit code says why it ended."""
    sys.exit(run_service(serve, service="api-gateway"))
