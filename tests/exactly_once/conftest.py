"""Lets these tests run benches as those of the whole platform do."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))
