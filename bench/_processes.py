"""What a process takes: processor time and memory, from the kernel's own books."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_RESIDENT = re.compile(r"^VmRSS:\s+(\d+) kB", re.MULTILINE)


def cpu_seconds(pid: int) -> float:
    """User and system time since the process began."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / _TICK


def resident_mb(pid: int) -> float:
    """Memory that it holds, MB."""
    found = _RESIDENT.search(Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1024 / 1e6 if found else 0.0


@dataclass(frozen=True, slots=True)
class Books:
    """Processor seconds by process, at one moment."""

    spent: Mapping[str, float]

    @classmethod
    def of(cls, processes: Mapping[str, int]) -> Books:
        """Look now."""
        return cls({name: cpu_seconds(pid) for name, pid in processes.items()})

    def since(self, before: Books) -> dict[str, float]:
        """Seconds between the two moments."""
        return {name: spent - before.spent[name] for name, spent in self.spent.items()}
