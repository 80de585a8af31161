"""Lets these tests import what poisons a platform."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
