"""Lets these tests import their support, and the builders that the services' own tests use."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "services/sim-worker/tests")]
