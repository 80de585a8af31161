"""Lets these tests import the table of faults, and run programs as those of the whole platform do."""

import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS / "faults"), str(TESTS / "e2e")]
