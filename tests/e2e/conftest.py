"""Lets these tests import their helper, and leaves out those whose data lie on no user's machine."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

_DATA = "shared/data/simple_pendulum/energy_shaping_measured.csv"

collect_ignore = (
    [] if any((parent / _DATA).is_file() for parent in Path(__file__).parents) else ["test_real_pendulum.py"]
)
