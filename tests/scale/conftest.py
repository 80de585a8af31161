"""Lets these tests import the benches and what runs them."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(Path(__file__).parent), str(ROOT / "tests/e2e"), str(ROOT / "bench")]
