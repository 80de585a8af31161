"""The supervisor's command line: `python -m hanzo_twin.stack.supervise HOME [TERMINAL]`.

TERMINAL is an inherited file descriptor of the terminal that asked for the stack: a crash is reported there,
too.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
from pathlib import Path

from hanzo_twin.stack.home import Home
from hanzo_twin.stack.plan import read_plan
from hanzo_twin.stack.processes import ProcessId
from hanzo_twin.stack.state import LOCKED, read_state
from hanzo_twin.stack.supervisor import Supervisor, stamped


def main() -> int:
    """Run the supervisor of a home, alone."""
    home = Home(Path(sys.argv[1]))
    terminal = int(sys.argv[2]) if len(sys.argv) > 2 else None

    def report(text: str) -> None:
        sys.stdout.write(f"{stamped(text)}\n")
        sys.stdout.flush()
        # Reports of one line are progress, which the command that waits shows anyway.
        if terminal is not None and "\n" in text:
            with contextlib.suppress(OSError):  # the terminal may be closed by now
                os.write(terminal, f"hanzo-twin: {text}\n".encode())

    with home.lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return LOCKED
        return Supervisor(home, read_plan(home), ProcessId.of(os.getpid()), read_state(home), report).run()


if __name__ == "__main__":
    sys.exit(main())
