"""Where a stack keeps its state, data and logs, and where the things it runs were installed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "HANZO_TWIN_HOME"


def checkout() -> Path | None:
    """The root of the source checkout that this package runs from, if it does."""
    return next((p for p in Path(__file__).resolve().parents if (p / "deploy/kafka/pom.xml").is_file()), None)


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one stack; two stacks with different homes don't know of each other."""

    root: Path

    @property
    def data(self) -> Path:
        """What outlives `down`: one folder for each part."""
        return self.root / "data"

    @property
    def logs(self) -> Path:
        """One log file for each process."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """Configuration files made at each start."""
        return self.root / "run"

    @property
    def plan(self) -> Path:
        """What shall run (`Plan`)."""
        return self.root / "plan.json"

    @property
    def state(self) -> Path:
        """What does run (`StackState`)."""
        return self.root / "state.json"

    @property
    def lock(self) -> Path:
        """Held by the supervisor while it lives."""
        return self.root / "lock"

    @property
    def secrets(self) -> Path:
        """Passwords made for this stack; readable by its owner only."""
        return self.root / "secrets.json"

    def log(self, part: str) -> Path:
        """The log file of a part."""
        return self.logs / f"{part}.log"

    def make(self) -> None:
        """Create the folders."""
        for folder in (self.root, self.data, self.logs, self.run):
            folder.mkdir(parents=True, exist_ok=True)


def find_home(root: Path | None = None) -> Home:
    """`root`, else `$HANZO_TWIN_HOME`, else `.hanzo-twin` in the checkout (or current folder)."""
    configured = os.environ.get(VARIABLE)
    return Home(
        (root or Path(configured or (checkout() or Path.cwd()) / ".hanzo-twin")).expanduser().resolve()
    )


def tools() -> Path:
    """Where `make setup` put what isn't a Python package."""
    return (checkout() or Path.cwd()) / ".stack"
