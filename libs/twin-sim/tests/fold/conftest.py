"""Lets the fold's tests import their journal builder and their cart."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
