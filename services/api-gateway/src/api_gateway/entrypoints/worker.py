"""One worker process, started by the supervisor with the number of the socket's file descriptor and its own."""

from __future__ import annotations

import sys
from functools import partial

from api_gateway.bootstrap.process import work
from twin_common.service import run_service


def main() -> None:
    """Serve on the inherited socket; the exit code says why it ended."""
    descriptor, number = map(int, sys.argv[1:])
    sys.exit(run_service(partial(work, descriptor=descriptor, number=number), service="api-gateway"))


if __name__ == "__main__":
    main()
