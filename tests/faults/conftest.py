"""Lets these tests import `faulting`, and run programs as those of the whole platform do."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "e2e")]
