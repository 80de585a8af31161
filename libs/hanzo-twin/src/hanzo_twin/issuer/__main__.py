"""The issuer's command line: `python -m hanzo_twin.issuer CONFIG`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import FrameType

from hanzo_twin.issuer.config import IssuerConfig
from hanzo_twin.issuer.desk import Desk
from hanzo_twin.issuer.server import make_server
from twin_common.mint import Mint, new_private_key


def main() -> int:
    """Serve until told to stop."""
    config = IssuerConfig.read(Path(sys.argv[1]))
    mint = Mint(config.url, private_key(Path(config.key_file)))

    def stop(_number: int, _frame: FrameType | None) -> None:
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with make_server(config.port, mint, Desk(mint, config.clients)) as server:
        server.serve_forever(poll_interval=60.0)
    return 0


def private_key(file: Path) -> str:
    """The key in a file, which only its owner can read; made at the first call."""
    if not file.exists():
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as written:
            written.write(new_private_key())
        draft.replace(file)
    return file.read_text()


if __name__ == "__main__":
    sys.exit(main())
