"""`archivist`: keeps the journals beyond the broker's retention, with what time the machine has left."""

import os
import sys

from sync_engine.bootstrap_archivist import serve
from twin_common.service import run_service

_NICE = 10


def main() -> None:
    """Run the archivist."""
    os.nice(_NICE)
    sys.exit(run_service(serve, service="archivist"))


if __name__ == "__main__":
    main()
