"""Lets these tests import `faulting`, broken builds and an archivist in memory, and run programs as those of the whole
platform do.
"""

import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(Path(__file__).parent), str(_ROOT / "tests/e2e")]
sys.path += [str(Path(__file__).parent / "mutants"), str(_ROOT / "services/sync-engine/tests/archive")]
