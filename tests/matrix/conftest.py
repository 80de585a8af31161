"""Lets these tests import their table."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
